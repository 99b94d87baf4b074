import { Inject, Injectable } from '@nestjs/common';
import type { HeldLogin, LoginDecision, LoginGate, NewLogin } from '../sessions/login-gate.js';
import { MULTI_FACTOR_ACR } from '../sessions/login-level.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import { loginOfOthers } from '../tokens/trusted-login.js';
import type { FactorRecord } from './factor.store.js';
import { FactorProving } from './factor-proving.js';
import { LoginTickets } from './login-tickets.js';
import { MfaPolicies } from './mfa-policies.js';
import { MFA_SETTINGS, type MfaSettings } from './mfa-settings.js';
import { RECOVERY_KIND } from './recovery-code-format.js';

/** By several factors (RFC 8176). */
const MULTI_FACTOR_AMR = 'mfa';

/** Decides whether a login is complete, and lets it wait where it is not. */
@Injectable()
export class MfaGate implements LoginGate {
  constructor(
    @Inject(MFA_SETTINGS) private readonly settings: MfaSettings,
    private readonly issuer: TokenIssuer,
    private readonly policies: MfaPolicies,
    private readonly proving: FactorProving,
    private readonly tickets: LoginTickets,
  ) {}

  async decide({
    user,
    request,
    isMultiFactor = false,
    ...login
  }: Omit<NewLogin, 'road'>): Promise<LoginDecision> {
    if (isMultiFactor || this.#isTrusted(login)) return { next: 'tokens', isMultiFactor: true };
    const required = await this.policies.requirementFor(user, request);
    if (required === 'never') return { next: 'tokens', isMultiFactor };
    const owner = { issuer: this.issuer.url, subject: user.subject };
    if (isEnrolled(await this.proving.confirmedOf(owner))) return { next: 'mfa', isMultiFactor };
    return { next: required === 'always' ? 'enrol' : 'tokens', isMultiFactor };
  }

  async hold(login: NewLogin, next: HeldLogin['next']): Promise<HeldLogin> {
    const { ticket, record } = await this.tickets.issue(login, next === 'mfa' ? 'prove' : 'enrol');
    const factors = next === 'mfa' ? furtherFactors(await this.proving.confirmedOf(record), login) : [];
    return {
      next,
      ticket,
      factors: await this.proving.prompts(factors, record),
      expiresInSeconds: this.tickets.secondsLeftOf(record),
    };
  }

  /** Whether another issuer that is believed says that two factors were proven there. */
  #isTrusted({ upstream, upstreamProof = {} }: Pick<NewLogin, 'upstream' | 'upstreamProof'>): boolean {
    const { trustedLogins = [] } = this.settings.tokens ?? {};
    const trusted = trustedLogins.find(({ issuer }) => issuer === upstream?.iss);
    const { acrFor, countsMethod } = loginOfOthers(trusted);
    const { acr, amr = [] } = upstreamProof;
    const isCalledSo = acr !== undefined && acrFor(acr) === MULTI_FACTOR_ACR;
    return isCalledSo || (amr.includes(MULTI_FACTOR_AMR) && countsMethod(MULTI_FACTOR_AMR));
  }
}

/** Whether somebody has a factor. Recovery codes are there for one that is lost, and are none by themselves. */
export function isEnrolled(confirmed: readonly FactorRecord[]): boolean {
  return confirmed.some(({ kind }) => kind !== RECOVERY_KIND);
}

/** The factors that are another one than that which somebody has logged in by. */
export function furtherFactors(
  confirmed: readonly FactorRecord[],
  { road }: Pick<NewLogin, 'road'>,
): readonly FactorRecord[] {
  return confirmed.filter(({ kind }) => kind !== road);
}
