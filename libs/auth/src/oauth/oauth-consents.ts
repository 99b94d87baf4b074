import { Inject, Injectable } from '@nestjs/common';
import { InputError } from '../errors.js';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { Log, textOf } from '../log.js';
import { pageLimit } from '../page-cursor.js';
import { available } from '../sessions/unavailable.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import { OAuthClients } from './oauth-clients.js';
import type { OAuthConsentRecord, OAuthConsentStore } from './oauth-consent.store.js';
import { OAUTH_CONSENT_GIVEN, OAUTH_CONSENT_WITHDRAWN } from './oauth-events.js';
import { OAuthGrants } from './oauth-grants.js';
import { OAUTH_SETTINGS, type OAuthSettings } from './oauth-settings.js';

/** What a user lets a client do. */
export interface OAuthConsent
  extends Pick<OAuthConsentRecord, 'clientId' | 'scopes' | 'createdAt' | 'updatedAt' | 'expiresAt'> {
  /** What people know the client by; null for one that is gone. */
  readonly clientName: string | null;
}

/** A part of a user's consents. */
export interface OAuthConsentPage {
  /** By rising ids of clients. */
  readonly consents: readonly OAuthConsent[];
  /** There may be more: ask for them with this. */
  readonly nextCursor?: string;
}

/** What is agreed to. */
export interface NewOAuthConsent extends Actor {
  readonly subject: string;
  readonly clientId: string;
  /** By the API that they are for; under the empty text what is asked of the server itself. All of it: what was agreed to before is replaced. */
  readonly scopes: Readonly<Record<string, readonly string[]>>;
  /** When it is asked again, in milliseconds since the epoch. By default it holds until it is withdrawn. */
  readonly expiresAt?: number;
}

const FORGET_EVERY_MS = 3_600_000;

/** What users let clients do: it is asked once, and can be withdrawn. */
@Injectable()
export class OAuthConsents {
  readonly #logger = new Log();
  readonly #store: OAuthConsentStore;
  #forgotAt = 0;

  constructor(
    @Inject(OAUTH_SETTINGS) private readonly settings: OAuthSettings,
    private readonly issuer: TokenIssuer,
    private readonly clients: OAuthClients,
    private readonly grants: OAuthGrants,
    private readonly events: SecurityEvents,
  ) {
    this.#store = settings.stores.oauthConsents;
  }

  /**
   * Keeps what a user has agreed to, in place of what they have agreed to before.
   *
   * @throws PortcullisError `temporarily_unavailable` where it can't be kept
   */
  async give({ subject, clientId, scopes, expiresAt, ...who }: NewOAuthConsent): Promise<void> {
    const now = this.settings.now();
    const consent = {
      ...{ issuer: this.issuer.url, subject, clientId, scopes },
      ...{ createdAt: now, updatedAt: now, expiresAt: expiresAt ?? null },
    };
    await available(this.#store.keep(consent), 'the consent can not be kept');
    this.events.emit(OAUTH_CONSENT_GIVEN, { subject, clientId, scopes, ...actorOf(who) });
    void this.#forgetOver();
  }

  /**
   * What a user has agreed to, and holds now. A server that makes a grant of it asks once more when that is kept, and ends it where the
   * consent is gone: it is withdrawn before its grants end, so that none slips through in between.
   *
   * @throws PortcullisError `temporarily_unavailable` where it can't be said
   */
  async find(subject: string, clientId: string): Promise<OAuthConsentRecord | undefined> {
    const { url: issuer } = this.issuer;
    const consent = await available(
      this.#store.find({ issuer, subject, clientId }),
      'the consent can not be read',
    );
    return consent !== undefined && this.#holds(consent) ? consent : undefined;
  }

  /**
   * What a user lets clients do.
   *
   * @throws InputError when cursor or limit make no sense
   * @throws PortcullisError `temporarily_unavailable` where it can't be said
   */
  async list(
    subject: string,
    { cursor, limit: wanted }: { readonly cursor?: string; readonly limit?: number } = {},
  ): Promise<OAuthConsentPage> {
    const limit = pageLimit(wanted);
    const after = cursor === undefined ? undefined : clientIn(cursor);
    const listing = this.#store.list({
      ...{ issuer: this.issuer.url, subject, limit: limit + 1 },
      ...(after !== undefined && { after }),
    });
    const found = await available(listing, 'consents can not be read');
    const page = found.slice(0, limit);
    const consents = await Promise.all(
      page.filter((consent) => this.#holds(consent)).map((consent) => this.#viewOf(consent)),
    );
    const last = found.length > limit ? page.at(-1) : undefined;
    return { consents, ...(last && { nextCursor: cursorOf(last.clientId) }) };
  }

  /**
   * Withdraws what a user has agreed to. What the client was granted by them ends: codes, refresh tokens and access tokens are refused from
   * now on, on every instance.
   *
   * @returns whether there was anything
   * @throws PortcullisError `temporarily_unavailable` when that is not kept, or not known everywhere yet; it goes on to be tried
   */
  async withdraw(subject: string, clientId: string, who: Actor = {}): Promise<boolean> {
    const { url: issuer } = this.issuer;
    const details = { ...who, reason: 'the consent is withdrawn' };
    // Before as well: whoever dies in between leaves a consent that can be seen, and withdrawn once more.
    const before = await this.grants.end({ subject, clientId }, details);
    const withdrawing = this.#store.withdraw({ issuer, subject, clientId });
    const withdrawn = await available(withdrawing, 'the consent can not be withdrawn');
    if (withdrawn.length > 0)
      this.events.emit(OAUTH_CONSENT_WITHDRAWN, { subject, clientId, ...actorOf(who) });
    // What has come of it meanwhile.
    const ended = await this.grants.end({ subject, clientId }, details);
    return before.length + withdrawn.length + ended.length > 0;
  }

  #holds({ expiresAt }: OAuthConsentRecord): boolean {
    return expiresAt === null || expiresAt > this.settings.now();
  }

  async #viewOf({
    clientId,
    scopes,
    createdAt,
    updatedAt,
    expiresAt,
  }: OAuthConsentRecord): Promise<OAuthConsent> {
    const client = await this.clients.find(clientId);
    return { clientId, clientName: client?.name ?? null, scopes, createdAt, updatedAt, expiresAt };
  }

  async #forgetOver(): Promise<void> {
    const now = this.settings.now();
    if (now - this.#forgotAt < FORGET_EVERY_MS) return;
    this.#forgotAt = now;
    try {
      await this.#store.forgetExpiredBefore(now - FORGET_EVERY_MS);
    } catch (error) {
      this.#logger.warn(`Consents that are over could not be forgotten: ${textOf(error)}`);
    }
  }
}

function cursorOf(clientId: string): string {
  return Buffer.from(clientId).toString('base64url');
}

function clientIn(cursor: string): string {
  const clientId = Buffer.from(cursor, 'base64url').toString();
  if (cursorOf(clientId) === cursor && clientId !== '') return clientId;
  throw new InputError('cursor must be the nextCursor of a page');
}
