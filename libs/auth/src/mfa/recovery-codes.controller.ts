import { Body, Header, HttpCode, Post } from '@nestjs/common';
import { RequireUser } from '../access/access.decorator.js';
import type { Actor } from '../events/security-event.js';
import type { UserIdentity } from '../identity/identity.js';
import { CurrentActor, CurrentUser } from '../request/current-identity.decorator.js';
import { OwnValidation } from '../routes/own-validation.js';
import { currentSessionOf } from '../sessions/current-session.js';
import { SessionService } from '../sessions/session-service.js';
import { FactorService } from './factor-service.js';
import { RenewDto } from './mfa.dto.js';

/** What users do with their recovery codes. */
@RequireUser()
@OwnValidation()
export class RecoveryCodesController {
  constructor(
    private readonly factors: FactorService,
    private readonly sessions: SessionService,
  ) {}

  /** Makes new codes in the place of the old ones; the answer is the only place that shows them. */
  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async renew(
    @Body() body: RenewDto | undefined,
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<{ readonly recovery_codes: readonly string[] }> {
    await this.factors.demandFreshLogin(user);
    const codes = await this.factors.renewRecoveryCodes(user);
    const { issuer, subject } = user;
    const current = currentSessionOf(user)?.id;
    const details = { issuer, ...(current !== undefined && { except: current }), ...who };
    if (body?.endOtherSessions === true)
      await this.sessions.endAllOf(subject, { ...details, reason: 'recovery codes were renewed' });
    return { recovery_codes: codes };
  }
}
