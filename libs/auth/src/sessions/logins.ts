import { Inject, Injectable } from '@nestjs/common';
import { InputError } from '../errors.js';
import { LOGIN_GATE, type LoginGate, type LoginResult, type NewLogin } from './login-gate.js';
import { MULTI_FACTOR_ACR } from './login-level.js';
import { type NewSession, SessionStarting } from './session-starting.js';

/** Where every login ends. */
@Injectable()
export class Logins {
  constructor(
    @Inject(LOGIN_GATE) private readonly gate: LoginGate,
    private readonly starting: SessionStarting,
  ) {}

  /**
   * Ends in a session, or in a ticket for whoever has to prove another factor first. Whoever has proven who somebody is hands it in
   * here, by whatever road.
   *
   * @throws InputError when the device's name is empty or too long, or the user is disabled
   * @throws Error when `tokens.issuer` is not configured
   * @throws PortcullisError `temporarily_unavailable` where it can't be kept, or nobody can say what is demanded; `invalid_token` where the
   * user was revoked meanwhile
   */
  async complete(login: NewLogin): Promise<LoginResult> {
    if (login.user.isDisabled === true) throw new InputError(`${login.user.subject} is disabled`);
    refuseBorrowedLevel(login);
    const { next, isMultiFactor } = await this.gate.decide(login);
    if (next !== 'tokens') return this.gate.hold(login, next);
    return { next, tokens: await this.starting.start(isMultiFactor ? byFactors(login) : login) };
  }
}

/** The login as one by at least two factors. */
export function byFactors<Login extends NewSession>(login: Login): Login {
  return { ...login, acr: MULTI_FACTOR_ACR, amr: [...new Set([...(login.amr ?? []), 'mfa'])] };
}

/**
 * What another issuer calls a login is not what we do.
 *
 * @throws InputError where it is handed on as ours
 */
export function refuseBorrowedLevel({ acr, upstream }: NewSession): void {
  if (acr === MULTI_FACTOR_ACR && upstream !== undefined)
    throw new InputError(
      `acr ${MULTI_FACTOR_ACR} is for two factors that were proven here: give what another issuer says as upstreamProof`,
    );
}
