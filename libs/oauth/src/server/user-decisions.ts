import { Inject, Injectable } from '@nestjs/common';
import { OAuthArtifacts, TOKEN_SETTINGS, type TokenSettings } from '@portcullis/auth/internal';
import { OAUTH_SERVER_SETTINGS, type OAuthServerSettings } from './server-settings.js';

/** What the store knows decisions as. */
const DECISION = 'UserDecision';

/**
 * What people decide, once: whoever agrees in one tab and declines in another, or has two people type one code of a device at the same time,
 * is taken at the first word. The provider finds, looks and saves, so that the last one would count, whatever the first was told.
 */
@Injectable()
export class UserDecisions {
  constructor(
    @Inject(OAUTH_SERVER_SETTINGS) private readonly settings: OAuthServerSettings,
    @Inject(TOKEN_SETTINGS) private readonly clock: TokenSettings,
    private readonly artifacts: OAuthArtifacts,
  ) {}

  /** @returns whether nobody has decided about it before */
  isFirst(about: string): Promise<boolean> {
    return this.artifacts.take(DECISION, about, this.#forgottenAt);
  }

  /** @returns whether nobody has decided otherwise: who says the same once more has said nothing new */
  async holds(about: string, decision: string): Promise<boolean> {
    if (await this.isFirst(about)) {
      await this.artifacts.save(DECISION, about, { decision }, {}, this.#forgottenAt);
      return true;
    }
    const before = await this.artifacts.find(DECISION, about);
    return (before?.payload as { readonly decision?: unknown } | undefined)?.decision === decision;
  }

  /** When what it is about is over, in milliseconds since the epoch. */
  get #forgottenAt(): number {
    const { interactionSeconds, deviceCodeSeconds } = this.settings;
    return this.clock.now() + Math.max(interactionSeconds, deviceCodeSeconds) * 1000;
  }
}
