import { type Finding, fail, ok } from '../finding.js';

const CHECK = 'key_encryption_key';
const BYTES = 32;
/** Random bytes have about 30 different ones among them; less than this, not in the age of the universe. */
const FEWEST_DIFFERENT = 12;
const ADVICE = 'make one with: openssl rand -base64 32';

/** Whether each of the keys, separated by commas, can be one. They are never shown, only counted. */
export function checkKeys(text: string): Finding {
  const keys = text.split(',').map((key) => key.trim());
  for (const [index, key] of keys.entries()) {
    const which = `KEY_ENCRYPTION_KEY${keys.length === 1 ? '' : `, key ${index + 1} of ${keys.length},`}`;
    const bytes = bytesOf(key);
    if (bytes === undefined) return fail(CHECK, `${which} is neither base64 nor base64url`, ADVICE);
    if (bytes.length !== BYTES)
      return fail(CHECK, `${which} has ${bytes.length} bytes and not ${BYTES}`, ADVICE);
    if (new Set(bytes).size < FEWEST_DIFFERENT) return fail(CHECK, `${which} is not random`, ADVICE);
  }
  if (new Set(keys.map((key) => bytesOf(key)?.toString('hex'))).size < keys.length)
    return fail(CHECK, 'KEY_ENCRYPTION_KEY has a key twice', 'leave one of them out');
  return ok(
    CHECK,
    `KEY_ENCRYPTION_KEY holds ${keys.length} ${keys.length === 1 ? 'key' : 'keys'} of the right size`,
  );
}

function bytesOf(key: string): Buffer | undefined {
  return /^([A-Za-z0-9+/]+|[A-Za-z0-9_-]+)={0,2}$/.test(key) ? Buffer.from(key, 'base64') : undefined;
}
