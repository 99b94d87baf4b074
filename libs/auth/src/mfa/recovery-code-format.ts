import { createHash, randomBytes } from 'node:crypto';

export const RECOVERY_KIND = 'recovery-codes';

/** How many there are at once. */
export const RECOVERY_CODES = 10;

/** Crockford's Base32: what people take for another letter is read as the one that is there. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 16;
const GROUP = 4;

/** Ten new codes of 80 bits each, from the system's random source: `7kq2-m9xf-0dhw-vs3t`. */
export function newRecoveryCodes(): readonly string[] {
  return Array.from({ length: RECOVERY_CODES }, () => {
    // 256 is a multiple of 32, so that each letter is as likely as the others.
    const letters = [...randomBytes(LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
    return letters.replace(new RegExp(`.{${GROUP}}(?=.)`, 'g'), '$&-');
  });
}

/**
 * What a store has of a code. It has 80 random bits, so that nothing has to be stretched.
 *
 * @param text as somebody types it: spaces, hyphens and case don't matter
 * @returns undefined for what is no code
 */
export function recoveryCodeHash(factorId: string, text: string): string | undefined {
  const code = text
    .replace(/[\s\u2010-\u2015-]/g, '')
    .toLowerCase()
    .replaceAll('o', '0')
    .replace(/[il]/g, '1');
  if (code.length !== LENGTH || ![...code].every((letter) => ALPHABET.includes(letter))) return undefined;
  // With the factor's id, so that two users' codes are never compared by their hashes.
  return createHash('sha256').update(`${factorId} ${code}`).digest('base64url');
}
