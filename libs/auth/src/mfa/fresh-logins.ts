import { Inject, Injectable } from '@nestjs/common';
import { demandAccessToken } from '../api-keys/demand-access-token.js';
import type { UserIdentity } from '../identity/identity.js';
import { MULTI_FACTOR_ACR } from '../sessions/login-level.js';
import { LoginCheck } from '../tokens/login-demand.js';
import { FactorProving } from './factor-proving.js';
import { isEnrolled } from './mfa-gate.js';
import { MFA_SETTINGS, type MfaSettings } from './mfa-settings.js';

const FRESH_SECONDS = 300;

const BY_FACTORS = new LoginCheck({ acr: MULTI_FACTOR_ACR, maxAgeSeconds: FRESH_SECONDS });
const BY_ANYTHING = new LoginCheck({ maxAgeSeconds: FRESH_SECONDS });

/** Demands that somebody has proven themselves a moment ago. */
@Injectable()
export class FreshLogins {
  constructor(
    @Inject(MFA_SETTINGS) private readonly settings: MfaSettings,
    private readonly proving: FactorProving,
  ) {}

  /**
   * Demands a login of at most five minutes: by a factor where the user has one, or else by whatever there is.
   *
   * @throws PortcullisError `insufficient_user_authentication`; `access_token_required` for a personal token
   */
  async demand(user: UserIdentity): Promise<void> {
    demandAccessToken(user);
    if (isEnrolled(await this.proving.confirmedOf(user))) this.demandByFactors(user);
    else BY_ANYTHING.demand(user, this.settings.now);
  }

  /**
   * Demands a login by two factors, of at most five minutes.
   *
   * @throws PortcullisError `insufficient_user_authentication`
   */
  demandByFactors(user: UserIdentity): void {
    BY_FACTORS.demand(user, this.settings.now);
  }
}
