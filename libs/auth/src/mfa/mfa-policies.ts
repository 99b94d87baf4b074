import { Inject, Injectable } from '@nestjs/common';
import type { FrameworkRequest } from '../request/request-head.js';
import { available } from '../sessions/unavailable.js';
import { type DirectoryUser, KnownUsers } from '../sessions/user-directory.js';
import type { MfaRequirement } from './mfa.options.js';
import { MFA_SETTINGS, type MfaSettings } from './mfa-settings.js';

/** What the app demands of whom. */
@Injectable()
export class MfaPolicies {
  constructor(
    @Inject(MFA_SETTINGS) private readonly settings: MfaSettings,
    private readonly users: KnownUsers,
  ) {}

  /** @throws PortcullisError `temporarily_unavailable` where the app's own function fails */
  async requirementFor(user: DirectoryUser, request?: FrameworkRequest): Promise<MfaRequirement> {
    const { required } = this.settings.mfa;
    if (typeof required !== 'function') return required;
    const asking = (async () => required(user, request))();
    const answer = await available(asking, 'mfa.required has failed');
    // What it says that nobody understands must open nothing.
    return answer === 'never' || answer === 'when-enrolled' ? answer : 'always';
  }

  /**
   * The same for somebody who has logged in.
   *
   * @throws PortcullisError `temporarily_unavailable` where it can't be said now
   * @throws PortcullisConfigurationError where `mfa.required` is a function, and the app has no `UserDirectory`
   */
  async requirementOf(subject: string): Promise<MfaRequirement> {
    const { required } = this.settings.mfa;
    if (typeof required !== 'function') return required;
    const user = await available(this.users.directory.find(subject), 'the user can not be read');
    return user === undefined ? 'always' : this.requirementFor(user);
  }
}
