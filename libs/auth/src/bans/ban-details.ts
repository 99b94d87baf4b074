import type { Actor } from '../events/security-event.js';

/** What somebody decides who bans. */
export interface BanDetails extends Actor {
  /** Why, for the operator. */
  readonly reason: string;
  /** How long, in seconds. By default as long as the offender's history asks for (`bans.durationsSeconds`). */
  readonly seconds?: number;
}

/** Who lifts a ban, and why. */
export interface BanLifting extends Actor {
  /** Why, for other operators. */
  readonly reason?: string;
}
