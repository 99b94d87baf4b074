import { Inject, Injectable } from '@nestjs/common';
import { newKeyId } from '../api-keys/api-key-format.js';
import { checkedScopes } from '../api-keys/new-api-key.js';
import { InputError, PortcullisError } from '../errors.js';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { type PagePosition, pageLimit, positionOf, readPage } from '../page-cursor.js';
import { available } from '../sessions/unavailable.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import { ConfiguredClients } from './configured-clients.js';
import type { OAuthClientRecord, OAuthClientStore } from './oauth-client.store.js';
import { checkedClient, type NewOAuthClient, type OAuthClientChanges } from './oauth-client-details.js';
import { OAuthClientEnding } from './oauth-client-ending.js';
import { OAuthClientSecrets } from './oauth-client-secrets.js';
import { clientFactsOf, clientViewOf, detailsOf, type OAuthClient } from './oauth-client-view.js';
import {
  OAUTH_CLIENT_CHANGED,
  OAUTH_CLIENT_CREATED,
  OAUTH_CLIENT_DELETED,
  OAUTH_CLIENT_DISABLED,
  OAUTH_CLIENT_ENABLED,
  OAUTH_CLIENT_ROTATED,
} from './oauth-events.js';
import { OAUTH_CLIENT_CONFLICT } from './oauth-refusals.js';
import { OAUTH_SETTINGS, type OAuthSettings } from './oauth-settings.js';

export type CreatedOAuthClient = OAuthClient & {
  /** `client_secret`, where it has one. It is shown here, once; only its hash is kept. */
  readonly secret?: string;
};

/** Who makes or changes a client. */
export interface OAuthClientMaker extends Actor {
  /**
   * What they may hand out, with wildcards. By default anything. Whoever has the secret of a client, or says where its users come back to,
   * could do what it may do, so that has to be among it.
   */
  readonly grantable?: readonly string[];
}

export interface OAuthClientRotation extends OAuthClientMaker {
  /** How long the secrets before still work, in seconds, if they don't end sooner. 0: they are dead now. */
  readonly overlapSeconds: number;
}

/** A part of a list of clients. */
export interface OAuthClientPage {
  /** Newest first; without those that are configured. */
  readonly clients: readonly OAuthClient[];
  /** There may be more: ask for them with this. */
  readonly nextCursor?: string;
}

/** What a change makes of a client; undefined for nothing. */
type Change = (client: OAuthClientRecord) => Partial<OAuthClientRecord> | undefined;

const LONGEST_OVERLAP_SECONDS = 31_536_000;
/** A change goes on from what somebody else has just changed, so often at most. */
const MOST_TRIES = 10;

/** The life of the clients of the authorization server: makes, lists, changes, rotates, disables and deletes them. */
@Injectable()
export class OAuthClients {
  readonly #store: OAuthClientStore;

  constructor(
    @Inject(OAUTH_SETTINGS) private readonly settings: OAuthSettings,
    private readonly configured: ConfiguredClients,
    private readonly secrets: OAuthClientSecrets,
    private readonly ending: OAuthClientEnding,
    private readonly issuer: TokenIssuer,
    private readonly events: SecurityEvents,
  ) {
    this.#store = settings.stores.oauthClients;
  }

  /**
   * Makes a client, with an id of ours. The result is the only place where its secret ever stands.
   *
   * @throws InputError naming what makes no sense
   * @throws PortcullisError `ungrantable_scope` when a scope is not among `grantable`; `temporarily_unavailable` where it can't be kept
   */
  async create({
    actor,
    address,
    requestId,
    grantable,
    ...client
  }: NewOAuthClient & OAuthClientMaker): Promise<CreatedOAuthClient> {
    const { name, details } = checkedClient(client, this.#isTriedOutHere);
    checkedScopes(details.scopes, grantable);
    const made = details.authentication === 'secret' ? this.secrets.make() : undefined;
    const record: OAuthClientRecord = {
      clientId: `client_${newKeyId()}`,
      name,
      metadata: JSON.stringify(details),
      secrets: made === undefined ? [] : [made.kept],
      createdAt: this.settings.now(),
      disabledAt: null,
      version: 0,
    };
    await available(this.#store.insert(record), 'the client can not be kept');
    this.events.emit(OAUTH_CLIENT_CREATED, {
      ...clientFactsOf(record),
      ...actorOf({ actor, address, requestId }),
    });
    return { ...clientViewOf(record), ...(made && { secret: made.secret }) };
  }

  /** One client, also a disabled one; undefined where there is none. @throws PortcullisError `temporarily_unavailable` */
  async find(clientId: string): Promise<OAuthClient | undefined> {
    const record = await this.#find(clientId);
    return record && clientViewOf(record, this.configured.find(clientId) !== undefined);
  }

  /**
   * One that may use the server now. A server that issues a token asks once more when its `iat` is fixed: a client is disabled first, and what
   * it was issued until then is revoked afterwards, so that nothing slips through in between.
   *
   * @throws PortcullisError `temporarily_unavailable`
   */
  async findEnabled(clientId: string): Promise<OAuthClient | undefined> {
    const client = await this.find(clientId);
    return client?.disabledAt === null ? client : undefined;
  }

  /**
   * Whether a text is a secret of this client, and that works now. It takes as long for a client that is not there, or has none.
   *
   * @throws PortcullisError `temporarily_unavailable`
   */
  async matchesSecret(clientId: string, text: string): Promise<boolean> {
    const record = await this.#find(clientId);
    return this.secrets.matches(text, record?.secrets ?? []) && record?.disabledAt === null;
  }

  /** @throws InputError when cursor or limit make no sense */
  async list({ cursor, limit: wanted }: { cursor?: string; limit?: number } = {}): Promise<OAuthClientPage> {
    const limit = pageLimit(wanted);
    const { entries, ...page } = await readPage<OAuthClientRecord & PagePosition, PagePosition>(
      { after: cursor === undefined ? undefined : positionOf(cursor), limit },
      async (after, most) => {
        const found = await available(
          this.#store.list({ ...(after && { after }), limit: most }),
          'clients can not be read',
        );
        const placed = found.map((record) => ({ ...record, id: record.clientId }));
        return found.stoppedAt === undefined ? placed : Object.assign(placed, { stoppedAt: found.stoppedAt });
      },
    );
    return { clients: entries.map((record) => clientViewOf(record)), ...page };
  }

  /**
   * Changes what a client may do, for what begins from now on.
   *
   * @returns the client as it is now; undefined where there is none
   * @throws InputError naming what makes no sense
   * @throws PortcullisError `ungrantable_scope`; `oauth_client_conflict` where it is configured, or others change it all the time
   */
  async change(
    clientId: string,
    changes: OAuthClientChanges,
    { grantable, ...who }: OAuthClientMaker = {},
  ): Promise<OAuthClient | undefined> {
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    const changed = await this.#change(clientId, (client) => {
      const before = detailsOf(client);
      const { name, details } = checkedClient(
        { ...before, name: client.name, ...given, kind: before.kind, authentication: before.authentication },
        this.#isTriedOutHere,
      );
      checkedScopes([...before.scopes, ...details.scopes], grantable);
      return { name, metadata: JSON.stringify(details) };
    });
    return this.#told(changed, (facts) =>
      this.events.emit(OAUTH_CLIENT_CHANGED, { ...facts, ...actorOf(who) }),
    );
  }

  /**
   * Gives a client a new secret. The secrets before never work longer for it. The result is the only place where the new one ever stands.
   *
   * @returns undefined where there is none
   * @throws InputError when the overlap makes no sense
   * @throws PortcullisError `ungrantable_scope`; `oauth_client_conflict` where it is configured, has no secrets, or others change it all the time
   */
  async rotate(
    clientId: string,
    { overlapSeconds, grantable, ...who }: OAuthClientRotation,
  ): Promise<(OAuthClient & { readonly secret: string }) | undefined> {
    if (
      !(
        typeof overlapSeconds === 'number' &&
        overlapSeconds >= 0 &&
        overlapSeconds <= LONGEST_OVERLAP_SECONDS
      )
    )
      throw new InputError(`overlapSeconds must be a number from 0 to ${LONGEST_OVERLAP_SECONDS}`);
    const { secret, kept } = this.secrets.make();
    const expiresAt = Math.floor(this.settings.now() + overlapSeconds * 1000);
    const changed = await this.#change(clientId, (client) => {
      const { authentication, scopes } = detailsOf(client);
      if (authentication !== 'secret') throw conflict(clientId, 'has no secrets');
      checkedScopes(scopes, grantable);
      return { secrets: [kept, ...this.secrets.ending(client.secrets, expiresAt)] };
    });
    const view = this.#told(changed, (facts) =>
      this.events.emit(OAUTH_CLIENT_ROTATED, { ...facts, secretId: kept.id, expiresAt, ...actorOf(who) }),
    );
    return view && { ...view, secret };
  }

  /**
   * Refuses a client until it is enabled again. What it was issued so far ends for good, on every instance.
   *
   * @returns false where there is none, or it is disabled already; what it was issued ends all the same
   * @throws PortcullisError `oauth_client_conflict`; `temporarily_unavailable` when that is not kept, or not known everywhere yet: it goes on
   * to be tried
   */
  async disable(clientId: string, who: Actor = {}): Promise<boolean> {
    const changed = await this.#setDisabled(clientId, this.settings.now());
    if (changed === undefined) return false;
    if (changed.isDone)
      this.events.emit(OAUTH_CLIENT_DISABLED, { ...clientFactsOf(changed.record), ...actorOf(who) });
    await this.ending.revoke(clientId, { ...who, reason: 'the client is disabled' });
    return changed.isDone;
  }

  /**
   * Lets a disabled client use the server again. Its users have to log in anew.
   *
   * @returns false where there is none, or it is not disabled
   * @throws PortcullisError `oauth_client_conflict`
   */
  async enable(clientId: string, who: Actor = {}): Promise<boolean> {
    const changed = await this.#setDisabled(clientId, null);
    if (!changed?.isDone) return false;
    this.events.emit(OAUTH_CLIENT_ENABLED, { ...clientFactsOf(changed.record), ...actorOf(who) });
    return true;
  }

  /**
   * Deletes a client, with what users have agreed to. What it was issued ends, on every instance. Its id never comes back.
   *
   * @returns false where there is none
   * @throws as {@link disable}
   */
  async delete(clientId: string, who: Actor = {}): Promise<boolean> {
    // Whoever dies in between leaves it disabled, to be deleted once more.
    const changed = await this.#setDisabled(clientId, this.settings.now());
    if (changed === undefined) return false;
    const details = { ...who, reason: 'the client is deleted' };
    await this.ending.revoke(clientId, details);
    await this.ending.forgetConsents(clientId);
    const isDone = await available(this.#store.remove(clientId), 'the client can not be removed');
    if (isDone) this.events.emit(OAUTH_CLIENT_DELETED, { ...clientFactsOf(changed.record), ...actorOf(who) });
    return isDone;
  }

  /** Whether the server has a URL of this machine alone: then so may its clients. */
  get #isTriedOutHere(): boolean {
    return this.issuer.url.startsWith('http:');
  }

  async #find(clientId: string): Promise<OAuthClientRecord | undefined> {
    const configured = this.configured.find(clientId);
    return configured ?? available(this.#store.find(clientId), 'the client can not be read');
  }

  #told(
    changed: Changed | undefined,
    tell: (facts: ReturnType<typeof clientFactsOf>) => void,
  ): OAuthClient | undefined {
    if (changed === undefined) return undefined;
    tell(clientFactsOf(changed.record));
    return clientViewOf(changed.record);
  }

  #setDisabled(clientId: string, at: number | null): Promise<Changed | undefined> {
    return this.#change(clientId, ({ disabledAt }) =>
      (disabledAt === null) === (at === null) ? undefined : { disabledAt: at },
    );
  }

  /** Reads, changes, and keeps it where nobody else has meanwhile. */
  async #change(clientId: string, change: Change): Promise<Changed | undefined> {
    if (this.configured.find(clientId) !== undefined)
      throw conflict(clientId, 'is configured in the code of the app');
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const before = await this.#find(clientId);
      if (before === undefined) return undefined;
      const changes = change(before);
      if (changes === undefined) return { record: before, isDone: false };
      const record = { ...before, ...changes, version: before.version + 1 };
      if (await available(this.#store.replace(record), 'the client can not be changed'))
        return { record, isDone: true };
    }
    throw conflict(clientId, 'is being changed by others all the time');
  }
}

interface Changed {
  readonly record: OAuthClientRecord;
  /** Whether anything was to be changed. */
  readonly isDone: boolean;
}

function conflict(clientId: string, why: string): PortcullisError {
  return new PortcullisError(OAUTH_CLIENT_CONFLICT, `the client ${clientId} ${why}`);
}
