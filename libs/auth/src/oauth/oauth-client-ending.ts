import { Inject, Injectable } from '@nestjs/common';
import { Replicator } from '../replication/replicator.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { available } from '../sessions/unavailable.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import type { OAuthConsentStore } from './oauth-consent.store.js';
import type { OAuthEndDetails } from './oauth-grants.js';
import { OAUTH_SETTINGS, type OAuthSettings } from './oauth-settings.js';

/** Ends what a client was issued, and what users have agreed to. */
@Injectable()
export class OAuthClientEnding {
  readonly #consents: OAuthConsentStore;

  constructor(
    @Inject(OAUTH_SETTINGS) settings: OAuthSettings,
    private readonly issuer: TokenIssuer,
    private readonly revocations: RevocationService,
    private readonly replicator: Replicator,
  ) {
    this.#consents = settings.stores.oauthConsents;
  }

  /**
   * Refuses all that the client was issued so far: access tokens by a revocation, and what the server keeps of it with that.
   *
   * @throws PortcullisError `temporarily_unavailable` when that is not kept, or not known everywhere yet; it goes on to be tried
   */
  revoke(clientId: string, details: OAuthEndDetails): Promise<void> {
    const work = () => this.revocations.revokeClient(clientId, { ...details, issuer: this.issuer.url });
    const name = JSON.stringify(['oauth-client', clientId]);
    return available(this.replicator.finish(name, work), 'what a client was issued can not be revoked');
  }

  /** @throws PortcullisError `temporarily_unavailable` */
  async forgetConsents(clientId: string): Promise<void> {
    for (;;) {
      const withdrawing = this.#consents.withdraw({ issuer: this.issuer.url, clientId });
      if ((await available(withdrawing, 'consents can not be withdrawn')).length === 0) return;
    }
  }
}
