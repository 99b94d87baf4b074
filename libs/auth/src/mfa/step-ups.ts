import { Injectable } from '@nestjs/common';
import { demandAccessToken } from '../api-keys/demand-access-token.js';
import { BEARER_KIND } from '../credentials/bearer-scheme.js';
import { INVALID_TOKEN } from '../credentials/credential-refusals.js';
import { PortcullisError } from '../errors.js';
import type { UserIdentity } from '../identity/identity.js';
import { currentSessionOf } from '../sessions/current-session.js';
import type { LoginFactor } from '../sessions/login-gate.js';
import { MULTI_FACTOR_ACR } from '../sessions/login-level.js';
import type { RaisedTokens } from '../sessions/session-raising.js';
import { SessionService } from '../sessions/session-service.js';
import { DPOP_KIND } from '../tokens/token-kinds.js';
import type { FactorAsker, ProvenFactor } from './factor-kind.js';
import { FactorProving } from './factor-proving.js';
import type { TicketAttempt } from './ticket-logins.js';

/** Proves a factor once more, in a session that goes on. */
@Injectable()
export class StepUps {
  constructor(
    private readonly proving: FactorProving,
    private readonly sessions: SessionService,
  ) {}

  /** What may be proven. */
  async promptsFor(user: UserIdentity): Promise<readonly LoginFactor[]> {
    const session = sessionOf(user);
    return this.proving.prompts(await this.proving.confirmedOf(session), session);
  }

  /**
   * Proves a factor, and raises the session by it.
   *
   * @param accessTokenSeconds how long the new access token works at most
   * @throws PortcullisError `mfa_failed`; `too_many_attempts`; `temporarily_unavailable`; `access_token_required` for a personal token;
   * `invalid_token` for a token of no session, or of one that is over
   */
  async prove(
    user: UserIdentity,
    attempt: TicketAttempt,
    accessTokenSeconds?: number,
  ): Promise<{ readonly tokens: RaisedTokens; readonly proven: ProvenFactor }> {
    const session = sessionOf(user);
    const factors = await this.proving.confirmedOf(session);
    const proven = await this.proving.prove({ asker: session, factors, ...attempt });
    const tokens = await this.sessions.raise(session.id, levelBy(proven, user), {
      ...attempt.from,
      actor: user.subject,
      issuer: session.issuer,
      subject: session.subject,
      ...(accessTokenSeconds !== undefined && { accessTokenSeconds }),
    });
    return { tokens, proven };
  }
}

/** The same device twice is one factor. */
function levelBy({ amr, isMultiFactor }: ProvenFactor, { login }: UserIdentity) {
  const isAnother = login?.amr.some((method) => method !== 'user' && !amr.includes(method)) ?? false;
  return isMultiFactor || isAnother ? { amr: [...amr, 'mfa'], acr: MULTI_FACTOR_ACR } : { amr };
}

function sessionOf(user: UserIdentity): FactorAsker {
  demandAccessToken(user);
  const session = currentSessionOf(user);
  if (session !== undefined) return session;
  throw new PortcullisError(INVALID_TOKEN, 'the token is of no session', {
    challenge: [BEARER_KIND, DPOP_KIND],
  });
}
