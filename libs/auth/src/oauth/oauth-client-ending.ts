import { Inject, Injectable } from '@nestjs/common';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { Replicator } from '../replication/replicator.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { available } from '../sessions/unavailable.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import { OAuthClientRecords } from './oauth-client-records.js';
import { clientFactsOf } from './oauth-client-view.js';
import type { OAuthConsentStore } from './oauth-consent.store.js';
import { OAUTH_CLIENT_DELETED, OAUTH_CLIENT_DISABLED, OAUTH_CLIENT_ENABLED } from './oauth-events.js';
import type { OAuthEndDetails } from './oauth-grants.js';
import { OAUTH_SETTINGS, type OAuthSettings } from './oauth-settings.js';

/** Disables clients, enables them again, and deletes them: the row, by which nothing new is issued, and what they were issued. */
@Injectable()
export class OAuthClientEnding {
  readonly #consents: OAuthConsentStore;

  constructor(
    @Inject(OAUTH_SETTINGS) private readonly settings: OAuthSettings,
    private readonly records: OAuthClientRecords,
    private readonly issuer: TokenIssuer,
    private readonly revocations: RevocationService,
    private readonly replicator: Replicator,
    private readonly events: SecurityEvents,
  ) {
    this.#consents = settings.stores.oauthConsents;
  }

  /**
   * Refuses a client until it is enabled again. What it was issued so far ends for good, on every instance.
   *
   * @returns false where there is none, or it is disabled already; what it was issued ends all the same
   * @throws PortcullisError `oauth_client_conflict`; `temporarily_unavailable` when that is not kept, or not known everywhere yet: it goes on
   * to be tried
   */
  async disable(clientId: string, who: Actor): Promise<boolean> {
    const details = { ...who, reason: 'the client is disabled' };
    await this.#revokeAhead(clientId, details);
    const changed = await this.records.setDisabled(clientId, this.settings.now());
    if (changed === undefined) return false;
    if (changed.isDone)
      this.events.emit(OAUTH_CLIENT_DISABLED, { ...clientFactsOf(changed.record), ...actorOf(who) });
    await this.#revoke(clientId, details);
    return changed.isDone;
  }

  /**
   * Lets a disabled client use the server again. Its users have to log in anew.
   *
   * @returns false where there is none, or it is not disabled
   * @throws PortcullisError `oauth_client_conflict`
   */
  async enable(clientId: string, who: Actor): Promise<boolean> {
    const changed = await this.records.setDisabled(clientId, null);
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
  async delete(clientId: string, who: Actor): Promise<boolean> {
    this.records.demandKept(clientId);
    const details = { ...who, reason: 'the client is deleted' };
    await this.#revokeAhead(clientId, details);
    // Whoever dies in between leaves it disabled, to be deleted once more.
    const changed = await this.records.setDisabled(clientId, this.settings.now());
    if (changed === undefined) return false;
    await this.#revoke(clientId, details);
    await this.#forgetConsents(clientId);
    const isDone = await this.records.remove(clientId);
    if (isDone) this.events.emit(OAUTH_CLIENT_DELETED, { ...clientFactsOf(changed.record), ...actorOf(who) });
    return isDone;
  }

  /**
   * Before its row changes as well: who dies right after that would leave tokens that nobody looks for. Those that are issued in between end
   * afterwards, and so does what fails here.
   */
  async #revokeAhead(clientId: string, details: OAuthEndDetails): Promise<void> {
    if (await this.records.isKept(clientId)) await this.#revoke(clientId, details).catch(() => {});
  }

  /** Refuses all that the client was issued so far: access tokens by a revocation, and what the server keeps of it with that. */
  #revoke(clientId: string, details: OAuthEndDetails): Promise<void> {
    const work = () => this.revocations.revokeClient(clientId, { ...details, issuer: this.issuer.url });
    const name = JSON.stringify(['oauth-client', clientId]);
    return available(this.replicator.finish(name, work), 'what a client was issued can not be revoked');
  }

  async #forgetConsents(clientId: string): Promise<void> {
    for (;;) {
      const withdrawing = this.#consents.withdraw({ issuer: this.issuer.url, clientId });
      if ((await available(withdrawing, 'consents can not be withdrawn')).length === 0) return;
    }
  }
}
