import { Injectable } from '@nestjs/common';
import { checkedScopes } from '../api-keys/new-api-key.js';
import { actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { checkedClient, type OAuthClientChanges, type OAuthClientDetails } from './oauth-client-details.js';
import type { OAuthClientMaker } from './oauth-client-maker.js';
import { OAuthClientRecords } from './oauth-client-records.js';
import { clientFactsOf, clientViewOf, detailsOf, type OAuthClient } from './oauth-client-view.js';
import { OAUTH_CLIENT_CHANGED } from './oauth-events.js';

/** Changes what clients may do. */
@Injectable()
export class OAuthClientChanging {
  constructor(
    private readonly records: OAuthClientRecords,
    private readonly events: SecurityEvents,
  ) {}

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
    { grantable, ...who }: OAuthClientMaker,
  ): Promise<OAuthClient | undefined> {
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    const changed = await this.records.change(clientId, (client) => {
      const before = detailsOf(client);
      const { name, details } = checkedClient(
        { ...before, name: client.name, ...given, ...lasting(before) },
        this.records.isTriedOutHere,
      );
      checkedScopes([...before.scopes, ...details.scopes], grantable);
      return { name, metadata: JSON.stringify(details) };
    });
    if (changed === undefined) return undefined;
    this.events.emit(OAUTH_CLIENT_CHANGED, { ...clientFactsOf(changed.record), ...actorOf(who) });
    return clientViewOf(changed.record);
  }
}

/** What it is doesn't change. */
function lasting({ kind, authentication, isRegistered }: OAuthClientDetails) {
  return { kind, authentication, isRegistered };
}
