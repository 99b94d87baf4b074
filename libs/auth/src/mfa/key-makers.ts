import { Inject, Injectable } from '@nestjs/common';
import type { KeyMakerCheck } from '../api-keys/key-maker-check.js';
import type { UserIdentity } from '../identity/identity.js';
import { FactorProving } from './factor-proving.js';
import { FreshLogins } from './fresh-logins.js';
import { isEnrolled } from './mfa-gate.js';
import { MfaPolicies } from './mfa-policies.js';
import { MFA_SETTINGS, type MfaSettings } from './mfa-settings.js';

/** Personal tokens and API keys are roads past every later login: who makes one proves what a login would demand now. */
@Injectable()
export class KeyMakers implements KeyMakerCheck {
  constructor(
    @Inject(MFA_SETTINGS) private readonly settings: MfaSettings,
    private readonly policies: MfaPolicies,
    private readonly proving: FactorProving,
    private readonly logins: FreshLogins,
  ) {}

  /** Users of other issuers have their factors there. */
  async demand(user: UserIdentity): Promise<void> {
    if (user.issuer !== this.settings.tokens?.issuer?.url) return;
    const required = await this.policies.requirementOf(user.subject);
    if (required === 'never') return;
    if (required === 'always' || isEnrolled(await this.proving.confirmedOf(user)))
      this.logins.demandByFactors(user);
  }
}
