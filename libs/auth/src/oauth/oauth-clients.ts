import { Inject, Injectable } from '@nestjs/common';
import type { Actor } from '../events/security-event.js';
import { type PagePosition, pageLimit, positionOf, readPage } from '../page-cursor.js';
import { ConfiguredClients } from './configured-clients.js';
import type { OAuthClientRecord, OAuthClientStore } from './oauth-client.store.js';
import { OAuthClientChanging } from './oauth-client-changing.js';
import { type CreatedOAuthClient, OAuthClientCreating } from './oauth-client-creating.js';
import type { NewOAuthClient, OAuthClientChanges } from './oauth-client-details.js';
import { OAuthClientEnding } from './oauth-client-ending.js';
import type { OAuthClientMaker } from './oauth-client-maker.js';
import { OAuthClientRecords } from './oauth-client-records.js';
import { OAuthClientRotating, type OAuthClientRotation } from './oauth-client-rotating.js';
import { OAuthClientSecrets } from './oauth-client-secrets.js';
import { clientViewOf, type OAuthClient } from './oauth-client-view.js';
import { OAUTH_SETTINGS, type OAuthSettings } from './oauth-settings.js';

/** A part of a list of clients. */
export interface OAuthClientPage {
  /** Newest first; without those that are configured. */
  readonly clients: readonly OAuthClient[];
  /** There may be more: ask for them with this. */
  readonly nextCursor?: string;
}

/** The life of the clients of the authorization server: makes, lists, changes, rotates, disables and deletes them. */
@Injectable()
export class OAuthClients {
  readonly #store: OAuthClientStore;

  constructor(
    @Inject(OAUTH_SETTINGS) settings: OAuthSettings,
    private readonly configured: ConfiguredClients,
    private readonly records: OAuthClientRecords,
    private readonly secrets: OAuthClientSecrets,
    private readonly creating: OAuthClientCreating,
    private readonly changing: OAuthClientChanging,
    private readonly rotating: OAuthClientRotating,
    private readonly ending: OAuthClientEnding,
  ) {
    this.#store = settings.stores.oauthClients;
  }

  /**
   * Makes a client, with an id of ours. The result is the only place where its secret ever stands.
   *
   * @throws InputError naming what makes no sense
   * @throws PortcullisError `ungrantable_scope` when a scope is not among `grantable`; `temporarily_unavailable` where it can't be kept
   */
  create(client: NewOAuthClient & OAuthClientMaker): Promise<CreatedOAuthClient> {
    return this.creating.create(client);
  }

  /** One client, also a disabled one; undefined where there is none. @throws PortcullisError `temporarily_unavailable` */
  async find(clientId: string): Promise<OAuthClient | undefined> {
    const record = await this.records.find(clientId);
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
    const record = await this.records.find(clientId);
    return this.secrets.matches(text, record?.secrets ?? []) && record?.disabledAt === null;
  }

  /** @throws InputError when cursor or limit make no sense */
  async list({ cursor, limit: wanted }: { cursor?: string; limit?: number } = {}): Promise<OAuthClientPage> {
    const limit = pageLimit(wanted);
    const { entries, ...page } = await readPage<OAuthClientRecord & PagePosition, PagePosition>(
      { after: cursor === undefined ? undefined : positionOf(cursor), limit },
      async (after, most) => {
        const found = await this.#store.list({ ...(after && { after }), limit: most });
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
  change(
    clientId: string,
    changes: OAuthClientChanges,
    who: OAuthClientMaker = {},
  ): Promise<OAuthClient | undefined> {
    return this.changing.change(clientId, changes, who);
  }

  /**
   * Gives a client a new secret. The secrets before never work longer for it. The result is the only place where the new one ever stands.
   *
   * @returns undefined where there is none
   * @throws InputError when the overlap makes no sense
   * @throws PortcullisError `ungrantable_scope`; `oauth_client_conflict` where it is configured, has no secrets, or others change it all the time
   */
  rotate(
    clientId: string,
    rotation: OAuthClientRotation,
  ): Promise<(OAuthClient & { readonly secret: string }) | undefined> {
    return this.rotating.rotate(clientId, rotation);
  }

  /**
   * Refuses a client until it is enabled again. What it was issued so far ends for good, on every instance.
   *
   * @returns false where there is none, or it is disabled already; what it was issued ends all the same
   * @throws PortcullisError `oauth_client_conflict`; `temporarily_unavailable` when that is not kept, or not known everywhere yet: it goes on
   * to be tried
   */
  disable(clientId: string, who: Actor = {}): Promise<boolean> {
    return this.ending.disable(clientId, who);
  }

  /**
   * Lets a disabled client use the server again. Its users have to log in anew.
   *
   * @returns false where there is none, or it is not disabled
   * @throws PortcullisError `oauth_client_conflict`
   */
  enable(clientId: string, who: Actor = {}): Promise<boolean> {
    return this.ending.enable(clientId, who);
  }

  /**
   * Deletes a client, with what users have agreed to. What it was issued ends, on every instance. Its id never comes back.
   *
   * @returns false where there is none
   * @throws as {@link disable}
   */
  delete(clientId: string, who: Actor = {}): Promise<boolean> {
    return this.ending.delete(clientId, who);
  }
}
