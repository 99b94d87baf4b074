import { Injectable, Logger } from '@nestjs/common';
import type { ApiKeyFacts } from '../api-keys/key-facts.js';
import type { Ban } from '../bans/ban.store.js';
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
}

/** Only what is known of who did something. */
export function actorOf({ actor, address }: Partial<Record<keyof Actor, string | undefined>>): Actor {
  return { ...(actor !== undefined && { actor }), ...(address !== undefined && { address }) };
}

/** How a credential got where others could read it. */
export type Leak =
  /** It was sent without encryption. */
  | 'clear-text'
  /** It was sent in a URL, where logs keep it. */
  | 'url'
  /** Somebody found it and told us. */
  | 'report';

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
  | {
      readonly type: 'address.struck';
      readonly request: RequestFacts;
      readonly points: number;
      /** The sum in the current window, this strike included. */
      readonly total: number;
      readonly reason: string;
    }
  | (Actor & { readonly type: 'address.banned'; readonly ban: Ban })
  | (Actor & { readonly type: 'address.unbanned'; readonly ban: Ban })
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
  | { readonly type: 'tokens.revoked'; readonly revocation: Revocation; readonly actor?: string }
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
