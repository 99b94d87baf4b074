import { InputError } from '../errors.js';
import type { BanOptions } from './ban.options.js';
import type { Ban } from './ban.store.js';

/**
 * Which ban in a row the next one is. Upon one that is in force it is for the same offence: nobody has done anything since.
 *
 * @param before the network's ban that is in force, or else its newest
 * @param now milliseconds since the epoch
 */
export function offenceAfter(
  before: Ban | undefined,
  now: number,
  { forgetAfterSeconds }: BanOptions,
): number {
  if (before === undefined || before.expiresAt + forgetAfterSeconds * 1000 <= now) return 1;
  return before.expiresAt > now ? before.offence : before.offence + 1;
}

/** How long a ban lasts by its network's history, in seconds. */
export function secondsOf(offence: number, { durationsSeconds }: BanOptions): number {
  return durationsSeconds[Math.min(offence, durationsSeconds.length) - 1] as number;
}

/** @throws InputError when somebody would ban for no time, or for ever */
export function refuseOddTime(seconds: number | undefined): void {
  if (seconds === undefined || (Number.isFinite(seconds) && seconds > 0)) return;
  throw new InputError('seconds must be a positive number');
}
