import { stepAt, totpCodeOf } from '@portcullis/auth';

/** RFC 4648 section 6. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A session that was raised by a second factor. */
export interface Raised {
  /** An access token of a login by two factors. */
  readonly token: string;
  /** What else would do as a second factor, each once. */
  readonly recoveryCodes: readonly string[];
}

/**
 * What somebody does who gets a second factor: adds an authenticator app, notes the recovery codes, and proves one of them.
 *
 * @param url where the app is
 * @param token an access token of a login that is not older than five minutes
 */
export async function addSecondFactor(url: string, token: string): Promise<Raised> {
  const { id, secret } = await post<{ id: string; secret: string }>(url, token, 'factors/totp', {});
  const code = totpCodeOf(bytesOf(secret), stepAt(Date.now()), { algorithm: 'SHA1', digits: 6 });
  const confirmation = `factors/${id}/confirm`;
  const answer = await post<{ recovery_codes: string[] }>(url, token, confirmation, { code });
  // The app shows its next code in half a minute only: each works once.
  const [first = '', ...recoveryCodes] = answer.recovery_codes;
  return { token: await stepUp(url, token, first), recoveryCodes };
}

/** Proves a recovery code in a session, which is raised by it. @returns an access token of the same session */
export async function stepUp(url: string, token: string, code: string): Promise<string> {
  const proof = { factor: 'recovery-codes', code };
  return (await post<{ access_token: string }>(url, token, 'step-up', proof)).access_token;
}

/** @throws Error where it is refused */
async function post<Answer>(url: string, token: string, path: string, body: object): Promise<Answer> {
  const response = await fetch(`${url}/auth/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}

function bytesOf(secret: string): Buffer {
  const bits = [...secret].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
