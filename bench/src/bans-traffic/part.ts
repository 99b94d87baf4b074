import { createHash } from 'node:crypto';

/** Which cases are replayed: those that rules may be tuned on, those that nobody has looked at, or both. */
export type Part = 'open' | 'kept' | 'all';

/** Three of ten cases are kept back, so that it can be checked that rules were not written for the corpus. */
export function isIn(part: Part, name: string): boolean {
  if (part === 'all') return true;
  const digest = BigInt(`0x${createHash('sha1').update(name).digest('hex')}`);
  return (digest % 10n >= 3n ? 'open' : 'kept') === part;
}
