import { Injectable, Logger } from '@nestjs/common';
import type { ApiKeyFacts } from '../api-keys/key-facts.js';
import type { Ban } from '../bans/ban.store.js';
import type { BanProposal } from '../bans/ban-proposal.js';
import type { CredentialKind, RefusalCode } from '../errors.js';
import type { Revocation } from '../revocation/revocation.store.js';

/** The request that an event is about. It never holds a header, a query or a body. */
export interface RequestFacts {
  /** Also in the body of a refusal, so that a client's report leads to this event. */
  readonly requestId: string;
  readonly method: string;
  /** The path without its query. */
  readonly path: string;
  /** The client's address in canonical form. */
  readonly address: string;
  /** `Controller.method`, where the request got that far. */
  readonly handler?: string;
  /** The proven user's `sub`. */
  readonly subject?: string;
  /** The proven app. */
  readonly appId?: string;
  /** The API key or personal token that was sent, also one that was refused. */
  readonly keyId?: string;
}

/** Who changed something, and from where; as far as it is known. */
export interface Actor {
  readonly actor?: string;
  /** The client's address in canonical form. */
  readonly address?: string;
  /** The request by which it was done. */
  readonly requestId?: string;
}

/** Only what is known of who did something. */
export function actorOf({
  actor,
  address,
  requestId,
}: Partial<Record<keyof Actor, string | undefined>>): Actor {
  return {
    ...(actor !== undefined && { actor }),
    ...(address !== undefined && { address }),
    ...(requestId !== undefined && { requestId }),
  };
}

/** How a credential got where others could read it. */
export type Leak =
  /** It was sent without encryption. */
  | 'clear-text'
  /** It was sent in a URL, where logs keep it. */
  | 'url'
  /** Somebody found it and told us. */
  | 'report';

/** A response that a rule counted. */
interface StrikeFacts {
  readonly request: RequestFacts;
  /** The rule's id. */
  readonly rule: string;
  readonly points: number;
  /** The sum within the rule's window, this strike included. */
  readonly total: number;
}

export type SecurityEvent =
  | { readonly type: 'request.accepted'; readonly request: RequestFacts }
  | {
      readonly type: 'request.refused';
      readonly request: RequestFacts;
      readonly code: RefusalCode;
      readonly status: number;
      readonly reason: string;
    }
  | {
      readonly type: 'credential.leaked';
      readonly request: RequestFacts;
      readonly credential: CredentialKind;
      readonly leak: Leak;
      /** The key's id or the token's `jti`, only if the credential proved to be real. */
      readonly id?: string;
      /** Where it was found, if it was reported. */
      readonly foundAt?: string;
    }
  | (StrikeFacts & {
      readonly type: 'address.struck';
      /** The sum that bans this address; it is higher where many share one. */
      readonly limit: number;
      /** Nobody will be refused for it. */
      readonly shadow: boolean;
      /** The code of the refusal, the event, or the status. */
      readonly reason: string;
    })
  /** Abuse with a valid credential is charged to it first, and to the address only beyond the limit. */
  | (StrikeFacts & { readonly type: 'identity.struck' })
  /** A credential has reached the limit: it is perhaps stolen, or its client broken. */
  | (Omit<StrikeFacts, 'points'> & { readonly type: 'identity.abusive' })
  /** A rule is about to ban. The listener may call `veto` or `extendTo` on the proposal before it returns. */
  | { readonly type: 'ban.proposed'; readonly proposal: BanProposal }
  | { readonly type: 'ban.vetoed'; readonly ban: Ban; readonly reason: string }
  | (Actor & { readonly type: 'address.banned'; readonly ban: Ban })
  /** A ban was lifted; forgiven: its network's whole history was forgotten with it. */
  | (Actor & { readonly type: 'address.unbanned'; readonly ban: Ban; readonly forgiven: boolean })
  /** The networks of a list were banned, this many; there is no event for each. */
  | (Actor & { readonly type: 'bans.imported'; readonly count: number })
  | (Actor & { readonly type: 'bans.cleared'; readonly count: number })
  /** A request was let through that a ban would have refused, but for shadow mode. */
  | { readonly type: 'ban.shadowed'; readonly request: RequestFacts; readonly network: string }
  | {
      readonly type: 'ban-feed.loaded';
      /** The feed's name. */
      readonly feed: string;
      /** How many networks it bans from now on. */
      readonly networks: number;
      /** How many of its entries could not be read. */
      readonly problems: number;
    }
  /** What the feed gave before stays in force. */
  | { readonly type: 'ban-feed.failed'; readonly feed: string; readonly reason: string }
  /** The feed of changes has been cut off for too long: what other instances revoked or banned may not hold here. */
  | { readonly type: 'replicas.stale' }
  | { readonly type: 'replicas.fresh' }
  /** This machine's clock differs from the one that all instances share, by so many milliseconds; from now on the shared one counts. */
  | { readonly type: 'clock.corrected'; readonly offsetMs: number }
  /** Every key that tokens were signed with was forgotten, for this one. */
  | { readonly type: 'signing-keys.replaced'; readonly kid: string }
  | (ApiKeyFacts & Actor & { readonly type: 'api-key.created' })
  | (ApiKeyFacts & Actor & { readonly type: 'api-key.disabled' })
  | (ApiKeyFacts & Actor & { readonly type: 'api-key.enabled' })
  | (ApiKeyFacts & Actor & { readonly type: 'api-key.revoked'; readonly reason?: string })
  | (ApiKeyFacts &
      Actor & {
        readonly type: 'api-key.rotated';
        /** The key that takes its place. */
        readonly successorId: string;
        /** When the old key ends, in milliseconds since the epoch. */
        readonly expiresAt: number;
      })
  | { readonly type: 'token.issued'; readonly subject: string; readonly tokenId: string }
  | (Actor & { readonly type: 'tokens.revoked'; readonly revocation: Revocation })
  | {
      readonly type: 'token.misused';
      readonly misuse: TokenMisuse;
      readonly issuer: string;
      readonly tokenId: string;
      readonly subject: string;
      /** What was revoked for it. */
      readonly revoked: 'token' | 'user' | 'nothing';
    };

/**
 * How a proven token was used in bad faith: from a banned address, after its revocation, or with its content under an
 * algorithm that its issuer doesn't use.
 */
export type TokenMisuse = 'banned-address' | 'revoked-token' | 'algorithm-attack';

/** What it returns is ignored, but for a promise that rejects, which is logged. */
export type SecurityEventListener = (event: SecurityEvent) => unknown;

/** The one stream of what Portcullis decided. Nothing in it is secret. */
@Injectable()
export class SecurityEvents {
  readonly #logger = new Logger('Portcullis');
  readonly #listeners = new Set<SecurityEventListener>();

  /**
   * Calls the listener with every event, in order and synchronously: hand slow work to a queue.
   * A listener that throws is logged and disturbs neither the request nor the other listeners.
   *
   * @returns a function that ends the subscription
   */
  subscribe(listener: SecurityEventListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  emit(event: SecurityEvent): void {
    for (const listener of this.#listeners) {
      try {
        const result = listener(event);
        if (result instanceof Promise) result.catch((error) => this.#report(event, error));
      } catch (error) {
        this.#report(event, error);
      }
    }
  }

  #report({ type }: SecurityEvent, error: unknown): void {
    this.#logger.error(`A listener failed on ${type}`, error instanceof Error ? error.stack : String(error));
  }
}
