import { createHmac, timingSafeEqual } from 'node:crypto';

export const TOTP_ALGORITHMS = ['SHA1', 'SHA256', 'SHA512'] as const;
export type TotpAlgorithm = (typeof TOTP_ALGORITHMS)[number];

/** How codes are made of a secret. */
export interface TotpParameters {
  readonly algorithm: TotpAlgorithm;
  /** 6 to 8. */
  readonly digits: number;
}

/** How long one code is shown, in seconds: what every authenticator app takes. */
export const TOTP_PERIOD_SECONDS = 30;
/** By how many steps the clock of a device may be off (RFC 6238 section 5.2). */
const TOLERATED_STEPS = [0, -1, 1];

/** The time step of a time (RFC 6238 section 4.2). @param at milliseconds since the epoch */
export function stepAt(at: number): number {
  return Math.floor(at / 1000 / TOTP_PERIOD_SECONDS);
}

/** The code of a time step (RFC 6238 section 4.2, RFC 4226 section 5.3). */
export function totpCodeOf(secret: Uint8Array, step: number, { algorithm, digits }: TotpParameters): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac(algorithm, secret).update(counter).digest();
  const offset = (mac.at(-1) as number) & 0xf;
  const number = mac.readUInt32BE(offset) & 0x7f_ff_ff_ff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

/**
 * The time step that a code is of: this one, the one before or the one after. Whether it was used already is not asked.
 *
 * @param code with spaces, as apps show it
 * @param at milliseconds since the epoch
 * @returns undefined for another code
 */
export function stepOfCode(
  secret: Uint8Array,
  code: string,
  at: number,
  parameters: TotpParameters,
): number | undefined {
  const sent = Buffer.from(code.replaceAll(' ', ''));
  if (sent.length !== parameters.digits) return undefined;
  const steps = TOLERATED_STEPS.map((by) => stepAt(at) + by);
  // All of them, so that how long it takes does not say which.
  const matching = steps.filter((step) =>
    timingSafeEqual(Buffer.from(totpCodeOf(secret, step, parameters)), sent),
  );
  return matching[0];
}
