import { Inject, Injectable } from '@nestjs/common';
import { newKeyId } from '../api-keys/api-key-format.js';
import { checkedScopes } from '../api-keys/new-api-key.js';
import { actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import type { OAuthClientRecord } from './oauth-client.store.js';
import { checkedClient, type NewOAuthClient } from './oauth-client-details.js';
import type { OAuthClientMaker } from './oauth-client-maker.js';
import { OAuthClientRecords } from './oauth-client-records.js';
import { OAuthClientSecrets } from './oauth-client-secrets.js';
import { clientFactsOf, clientViewOf, type OAuthClient } from './oauth-client-view.js';
import { OAUTH_CLIENT_CREATED, OAUTH_CLIENT_REGISTERED } from './oauth-events.js';
import { OAUTH_SETTINGS, type OAuthSettings } from './oauth-settings.js';

export type CreatedOAuthClient = OAuthClient & {
  /** `client_secret`, where it has one. It is shown here, once; only its hash is kept. */
  readonly secret?: string;
};

/** Makes clients. */
@Injectable()
export class OAuthClientCreating {
  constructor(
    @Inject(OAUTH_SETTINGS) private readonly settings: OAuthSettings,
    private readonly records: OAuthClientRecords,
    private readonly secrets: OAuthClientSecrets,
    private readonly events: SecurityEvents,
  ) {}

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
    const { name, details } = checkedClient(client, this.records.isTriedOutHere);
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
    await this.records.insert(record);
    this.events.emit(details.isRegistered ? OAUTH_CLIENT_REGISTERED : OAUTH_CLIENT_CREATED, {
      ...clientFactsOf(record),
      ...actorOf({ actor, address, requestId }),
    });
    return { ...clientViewOf(record), ...(made && { secret: made.secret }) };
  }
}
