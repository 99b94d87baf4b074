import { Inject, Injectable } from '@nestjs/common';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { Replicator } from '../replication/replicator.js';
import type { Revocation } from '../revocation/revocation.store.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { available } from '../sessions/unavailable.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import type { OAuthArtifactSelection, OAuthArtifactStore } from './oauth-artifact.store.js';
import { OAUTH_GRANT_ENDED } from './oauth-events.js';
import { OAUTH_SETTINGS, type OAuthSettings } from './oauth-settings.js';

/** Why grants end, and who ends them. */
export interface OAuthEndDetails extends Actor {
  /** Why, for the operator. */
  readonly reason: string;
}

/** Whose grants end: one, those of a user at a client, or those that end with a login. */
export type OAuthGrantSelection =
  | { readonly grantId: string }
  | { readonly subject: string; readonly clientId: string }
  | { readonly sessionId: string };

/**
 * Ends what users have granted to clients: the access tokens, by the revocation of their `grant_id`, and what is kept of it, which gives no new
 * token from then on. Since none comes after that, the revocation is remembered for one token's lifetime only.
 */
@Injectable()
export class OAuthGrants {
  readonly #artifacts: OAuthArtifactStore;

  constructor(
    @Inject(OAUTH_SETTINGS) private readonly settings: OAuthSettings,
    private readonly issuer: TokenIssuer,
    private readonly revocations: RevocationService,
    private readonly replicator: Replicator,
    private readonly events: SecurityEvents,
  ) {
    this.#artifacts = settings.stores.oauthArtifacts;
    revocations.whenRevoked((revocation, details) => this.#endRevoked(revocation, details));
  }

  /**
   * Ends grants: their codes, refresh tokens and access tokens are refused from now on, on every instance.
   *
   * @returns the ids of those that have ended by this call
   * @throws PortcullisError `temporarily_unavailable` when that is not kept, or not known everywhere yet; it goes on to be tried
   */
  async end(which: OAuthGrantSelection, details: OAuthEndDetails): Promise<readonly string[]> {
    const { url: issuer } = this.issuer;
    const ended = new Set<string>();
    // That of a grant which has ended before as well: whoever ended it may have died before its tokens were revoked.
    const owed = new Set<string>('grantId' in which ? [which.grantId] : []);
    const revokeOwed = () =>
      Promise.all(
        [...owed].map(async (grantId) => {
          await this.revocations.revokeSession(grantId, { ...details, issuer, isOver: true });
          owed.delete(grantId);
        }),
      );
    const work = async () => {
      for (const grantId of await this.#artifacts.grantsOf({ issuer, ...which })) owed.add(grantId);
      // Before its end, or who dies in between has ended what nobody else finds any more. What fails here is owed below.
      await revokeOwed().catch(() => {});
      for (const grantId of await this.#endAll({ issuer, ...which })) {
        ended.add(grantId);
        owed.add(grantId);
        this.events.emit(OAUTH_GRANT_ENDED, {
          grantId,
          ...nameOf(which),
          reason: details.reason,
          ...actorOf(details),
        });
      }
      await revokeOwed();
    };
    const name = JSON.stringify(['oauth-grants', which]);
    await available(this.replicator.finish(name, work), 'grants can not be ended');
    return [...ended];
  }

  /** What was revoked is not found any more; this keeps it so for longer than revocations are remembered. */
  async #endRevoked(revocation: Revocation, { reason, ...who }: OAuthEndDetails): Promise<void> {
    const { issuer } = revocation;
    if (issuer !== this.settings.tokens?.issuer?.url) return;
    for (const which of selectionsOf(revocation)) {
      const grantIds = await this.#endAll(which);
      // Of a user's there are few: so those tokens end as well that come of a refresh under way.
      if (revocation.type !== 'user') continue;
      for (const grantId of grantIds)
        await this.revocations.revokeSession(grantId, { ...who, reason, issuer, isOver: true });
    }
  }

  async #endAll(which: OAuthArtifactSelection): Promise<ReadonlySet<string>> {
    const grantIds = new Set<string>();
    for (;;) {
      const ended = await this.#artifacts.revoke(which);
      for (const id of ended.grantIds) grantIds.add(id);
      if (ended.count === 0) return grantIds;
    }
  }
}

function nameOf(which: OAuthGrantSelection): { readonly subject?: string; readonly clientId?: string } {
  return 'subject' in which ? { subject: which.subject, clientId: which.clientId } : {};
}

/** Those that the revocation is about. Of a whole issuer they are refused when they are used. */
function selectionsOf(revocation: Revocation): readonly OAuthArtifactSelection[] {
  const { issuer } = revocation;
  switch (revocation.type) {
    case 'session':
      return [
        { issuer, sessionId: revocation.sessionId },
        { issuer, grantId: revocation.sessionId },
      ];
    case 'user':
      return [{ issuer, subject: revocation.subject, madeBy: lastMillisecondOf(revocation.issuedUntil) }];
    case 'client':
      return [{ issuer, clientId: revocation.clientId, madeBy: lastMillisecondOf(revocation.issuedUntil) }];
    default:
      return [];
  }
}

function lastMillisecondOf(seconds: number): number {
  return Math.floor(seconds) * 1000 + 999;
}
