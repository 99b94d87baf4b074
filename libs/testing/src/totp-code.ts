import { createHmac } from 'node:crypto';

/** How an authenticator app makes its codes. */
export interface TotpCodeOptions {
  /** Milliseconds since the epoch. By default now. */
  readonly at?: number;
  /** @default 'SHA1' */
  readonly algorithm?: 'SHA1' | 'SHA256' | 'SHA512';
  /** @default 6 */
  readonly digits?: number;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const PERIOD_MS = 30_000;

/**
 * The code that an authenticator app shows (TOTP, RFC 6238). It is made apart from those that the app under test compares it with, so that
 * a mistake of one is no mistake of both.
 *
 * @param secret in base32, as the enrolment shows it; spaces, case and padding do not matter
 * @throws TypeError when it is not base32
 */
export function totpCode(
  secret: string,
  { at = Date.now(), algorithm = 'SHA1', digits = 6 }: TotpCodeOptions = {},
): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / PERIOD_MS)));
  const mac = createHmac(algorithm, bytesOf(secret)).update(counter).digest();
  const number = mac.readUInt32BE(mac.readUInt8(mac.length - 1) % 16) % 2 ** 31;
  return String(number).padStart(digits, '0').slice(-digits);
}

function bytesOf(secret: string): Buffer {
  const letters = secret.toUpperCase().replace(/[\s=]/g, '');
  const values = [...letters].map((letter) => ALPHABET.indexOf(letter));
  if (letters === '' || values.includes(-1)) throw new TypeError('the secret is not in base32');
  const bits = values.map((value) => value.toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
