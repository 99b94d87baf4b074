import { Inject, Injectable } from '@nestjs/common';
import { checkedScopes } from '../api-keys/new-api-key.js';
import { InputError } from '../errors.js';
import { actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import type { OAuthClientMaker } from './oauth-client-maker.js';
import { clientConflict, OAuthClientRecords } from './oauth-client-records.js';
import { OAuthClientSecrets } from './oauth-client-secrets.js';
import { clientFactsOf, clientViewOf, detailsOf, type OAuthClient } from './oauth-client-view.js';
import { OAUTH_CLIENT_ROTATED } from './oauth-events.js';
import { OAUTH_SETTINGS, type OAuthSettings } from './oauth-settings.js';

export interface OAuthClientRotation extends OAuthClientMaker {
  /** How long the secrets before still work, in seconds, if they don't end sooner. 0: they are dead now. */
  readonly overlapSeconds: number;
}

const LONGEST_OVERLAP_SECONDS = 31_536_000;

/** Gives clients new secrets. */
@Injectable()
export class OAuthClientRotating {
  constructor(
    @Inject(OAUTH_SETTINGS) private readonly settings: OAuthSettings,
    private readonly records: OAuthClientRecords,
    private readonly secrets: OAuthClientSecrets,
    private readonly events: SecurityEvents,
  ) {}

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
    demandOverlap(overlapSeconds);
    const { secret, kept } = this.secrets.make();
    const expiresAt = Math.floor(this.settings.now() + overlapSeconds * 1000);
    const changed = await this.records.change(clientId, (client) => {
      const { authentication, scopes } = detailsOf(client);
      if (authentication !== 'secret') throw clientConflict(clientId, 'has no secrets');
      checkedScopes(scopes, grantable);
      return { secrets: [kept, ...this.secrets.ending(client.secrets, expiresAt)] };
    });
    if (changed === undefined) return undefined;
    this.events.emit(OAUTH_CLIENT_ROTATED, {
      ...clientFactsOf(changed.record),
      ...{ secretId: kept.id, expiresAt, ...actorOf(who) },
    });
    return { ...clientViewOf(changed.record), secret };
  }
}

function demandOverlap(seconds: unknown): void {
  if (!(typeof seconds === 'number' && seconds >= 0 && seconds <= LONGEST_OVERLAP_SECONDS))
    throw new InputError(`overlapSeconds must be a number from 0 to ${LONGEST_OVERLAP_SECONDS}`);
}
