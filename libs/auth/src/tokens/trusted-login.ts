import type { ProvenLogin } from '../identity/proven-login.js';
import type { Claims } from './issuer-profile.js';
import type { TrustedLoginOptions } from './trusted-login.options.js';

/** What an issuer's words on how its users have logged in count here. */
export interface TrustedLogin {
  /** What its `acr` is called here; undefined where it counts for nothing. */
  acrFor(theirs: string): string | undefined;
  countsMethod(amr: string): boolean;
  readonly countsTime: boolean;
}

/** This app has seen its users log in. */
export const OWN_LOGIN: TrustedLogin = { acrFor: (own) => own, countsMethod: () => true, countsTime: true };

/** Whoever trusts an issuer to say who somebody is has not said that its `mfa` is any good. */
export function loginOfOthers({
  acr,
  amr,
  authTime,
}: Partial<Omit<TrustedLoginOptions, 'issuer'>> = {}): TrustedLogin {
  const names = new Map(Object.entries(acr ?? {}));
  const methods = new Set(amr);
  return {
    acrFor: (theirs) => names.get(theirs),
    countsMethod: (method) => methods.has(method),
    countsTime: authTime === true,
  };
}

/**
 * How a user has logged in, as far as it counts. A claim that is not as it should be says nothing.
 *
 * @param latest when the login was at the latest, in seconds since the epoch: nobody logs in after the token was issued
 * @returns undefined where nothing counts
 */
export function loginIn(
  { acr: theirs, amr, auth_time: time }: Claims,
  { acrFor, countsMethod, countsTime }: TrustedLogin,
  latest: number,
): ProvenLogin | undefined {
  const acr = isText(theirs) ? acrFor(theirs) : undefined;
  const methods = Array.isArray(amr) && amr.every(isText) ? amr.filter(countsMethod) : [];
  const counts = countsTime && typeof time === 'number' && time >= 0 && time <= latest;
  if (acr === undefined && methods.length === 0 && !counts) return undefined;
  return { amr: methods, ...(acr !== undefined && { acr }), ...(counts && { authTime: time }) };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
