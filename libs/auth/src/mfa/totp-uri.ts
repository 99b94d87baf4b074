import { TOTP_PERIOD_SECONDS, type TotpParameters } from './totp.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Base32 (RFC 4648 section 6) without padding, which authenticator apps don't want. */
export function base32Of(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let count = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    count += 8;
    while (count >= 5) {
      count -= 5;
      text += ALPHABET[(bits >> count) & 31];
    }
    bits &= (1 << count) - 1;
  }
  return count === 0 ? text : text + ALPHABET[(bits << (5 - count)) & 31];
}

/**
 * What authenticator apps read: the "Key Uri Format" of Google Authenticator.
 *
 * @param app what they call the app
 * @param account whose it is
 * @param secret in Base32
 */
export function totpUriOf(
  { app, account, secret }: { readonly app: string; readonly account: string; readonly secret: string },
  { algorithm, digits }: TotpParameters,
): string {
  // A colon separates the two, and none of them may have one.
  const [issuer, name] = [app, account].map((text) => encodeURIComponent(text.replaceAll(':', ' ')));
  const parameters = [
    `secret=${secret}`,
    `issuer=${issuer}`,
    `algorithm=${algorithm}`,
    `digits=${digits}`,
    `period=${TOTP_PERIOD_SECONDS}`,
  ];
  return `otpauth://totp/${issuer}:${name}?${parameters.join('&')}`;
}
