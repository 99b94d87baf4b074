import { Inject, Injectable } from '@nestjs/common';
import type { GivenJwk } from '../binding/message-signature-key.js';
import { INVALID_TOKEN } from '../credentials/credential-refusals.js';
import { InputError, PortcullisError } from '../errors.js';
import { type Actor, actorOf } from '../events/security-event.js';
import type { UserIdentity } from '../identity/identity.js';
import { RevocationService } from '../revocation/revocation-service.js';
import type { ApiKeyPage } from './api-key-listing.js';
import type { CreatedApiKey } from './api-key-making.js';
import { API_KEY_CONFLICT } from './api-key-refusals.js';
import { ApiKeyService } from './api-key-service.js';
import { API_KEY_SETTINGS, type ApiKeySettings } from './api-key-settings.js';
import { demandAccessToken } from './demand-access-token.js';
import { KEY_MAKER_CHECK, type KeyMakerCheck } from './key-maker-check.js';

const LARGEST_PAGE = 1_000;

/** A personal token to be made. */
export interface NewPersonalToken {
  /** A name that its user recognises, at most 200 characters. */
  readonly name: string;
  /** What it may do; nothing that its user may not. */
  readonly scopes: readonly string[];
  /** How long it works, in seconds. By default `apiKeys.personalTokens.lifetimeSeconds`. */
  readonly lifetimeSeconds?: number;
  /** The addresses and networks (CIDR) that it may be used from. By default from everywhere. */
  readonly networks?: readonly string[];
  /** A public key, as a JWK, whose signature each request with it has to carry, as for API keys. None by default. */
  readonly publicKey?: GivenJwk;
}

/** Tokens that users make for their own automation: API keys that prove the user, within what the user may do. */
@Injectable()
export class PersonalTokenService {
  constructor(
    @Inject(API_KEY_SETTINGS) private readonly options: ApiKeySettings,
    @Inject(KEY_MAKER_CHECK) private readonly makers: KeyMakerCheck,
    private readonly apiKeys: ApiKeyService,
    private readonly revocations: RevocationService,
  ) {
    revocations.whenRevoked(async (revocation, { reason, ...who }) => {
      if (revocation.type !== 'user') return;
      const { issuer, subject } = revocation;
      await apiKeys.revokeAllOf({ issuer, subject }, { reason, ...actorOf(who) });
    });
  }

  /**
   * Makes a token. The result is the only place where the token itself ever stands.
   *
   * @param user who logged in: a personal token can't make others
   * @throws InputError naming what makes no sense
   * @throws PortcullisError `ungrantable_scope` for a scope that the user lacks; `access_token_required` for a personal token;
   * `insufficient_user_authentication` where the user has to prove a second factor first; `api_key_conflict` when the user has as many as there may be
   */
  async create(
    user: UserIdentity,
    { name, scopes, networks, publicKey, lifetimeSeconds = this.#limits.lifetimeSeconds }: NewPersonalToken,
    from: Omit<Actor, 'actor'> = {},
  ): Promise<CreatedApiKey> {
    demandAccessToken(user);
    if (!(lifetimeSeconds > 0 && lifetimeSeconds <= this.#limits.maxLifetimeSeconds)) {
      throw new InputError(
        `lifetimeSeconds must be positive, and at most ${this.#limits.maxLifetimeSeconds}, the longest for personal tokens`,
      );
    }
    await this.makers.demand(user);
    const { issuer, subject, tenant, scopes: grantable } = user;
    this.#refuseIfRevoked(user);
    await this.#demandRoomFor(1, user);
    // Dated by a clock that is behind the issuer's, it would end with what was revoked before.
    await this.revocations.issueTime(issuer, subject);
    const who = actorOf({ ...from, actor: subject });
    // Field by field: what else a body may hold, such as an `appId`, is not the user's to say.
    const created = await this.apiKeys.create({
      issuer,
      subject,
      name,
      scopes,
      lifetimeSeconds,
      grantable,
      ...(networks !== undefined && { networks }),
      ...(publicKey !== undefined && { publicKey }),
      ...(tenant !== undefined && { tenant }),
      ...who,
    });
    try {
      await this.#demandStillAllowed(user);
      return created;
    } catch (error) {
      await this.apiKeys.revoke(created.id, { reason: 'not allowed any more when it was made', ...who });
      throw error;
    }
  }

  /**
   * The user's tokens, newest first.
   *
   * @throws InputError when cursor or limit make no sense
   * @throws PortcullisError `access_token_required` for a personal token
   */
  async list(
    user: UserIdentity,
    page: { readonly cursor?: string; readonly limit?: number } = {},
  ): Promise<ApiKeyPage> {
    demandAccessToken(user);
    const { issuer, subject } = user;
    return this.apiKeys.list({ ...page, issuer, subject });
  }

  /**
   * Revokes one of the user's own tokens, for ever.
   *
   * @returns false when the user has no such token, or it was revoked before
   * @throws PortcullisError `access_token_required` for a personal token
   */
  async revoke(user: UserIdentity, id: string, from: Omit<Actor, 'actor'> = {}): Promise<boolean> {
    demandAccessToken(user);
    const token = await this.apiKeys.find(id);
    if (token === undefined || 'appId' in token) return false;
    if (token.issuer !== user.issuer || token.subject !== user.subject) return false;
    return this.apiKeys.revoke(id, actorOf({ ...from, actor: user.subject }));
  }

  get #limits(): ApiKeySettings['apiKeys']['personalTokens'] {
    return this.options.apiKeys.personalTokens;
  }

  /** Meanwhile others may have been made, and what ended the user's tokens may have come too early for this one. */
  async #demandStillAllowed(user: UserIdentity): Promise<void> {
    // Another instance may have ended the user's tokens before this one was there, and not be heard of here yet.
    await this.revocations.catchUp();
    this.#refuseIfRevoked(user);
    await this.#demandRoomFor(0, user);
  }

  #refuseIfRevoked(user: UserIdentity): void {
    if (!this.revocations.isUserRevoked(user)) return;
    const reason = `${user.subject} is revoked`;
    throw new PortcullisError(INVALID_TOKEN, reason, { challenge: ['token'] });
  }

  async #demandRoomFor(more: number, { issuer, subject }: UserIdentity): Promise<void> {
    const limit = this.#limits.maxPerUser;
    let count = 0;
    let cursor: string | undefined;
    // Page after page: one ends early where very many that are over had to be looked through.
    do {
      const page = { limit: Math.min(limit + 1, LARGEST_PAGE), ...(cursor !== undefined && { cursor }) };
      const { keys, nextCursor } = await this.apiKeys.list({ issuer, subject, state: 'active', ...page });
      count += keys.length;
      cursor = nextCursor;
    } while (cursor !== undefined && count + more <= limit);
    if (count + more <= limit) return;
    throw new PortcullisError(API_KEY_CONFLICT, `${subject} has ${limit} personal tokens already`);
  }
}
