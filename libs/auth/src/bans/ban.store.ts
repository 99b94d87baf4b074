/** A decision to refuse an address or network until a time. */
export interface Ban {
  readonly id: string;
  /** CIDR notation in canonical form: `203.0.113.7/32`, `2001:db8::/64`. */
  readonly network: string;
  /** Why, for the operator. Never shown to the banned. */
  readonly reason: string;
  /** How many bans of this network in a row this is, from 1. Each lasts longer than the one before. */
  readonly offence: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds since the epoch; the ban holds before it. */
  readonly expiresAt: number;
}

/**
 * Where bans are kept. Bans are answered from memory on a request, so the store is read at boot and
 * written when something changes; when it is down, changes fail and existing bans go on.
 */
export interface BanStore {
  /** Keeps a ban; a ban with the same id is replaced. */
  save(ban: Ban): Promise<void>;
  /** Removes a ban. Of concurrent calls for one id, exactly one gets the ban. */
  remove(id: string): Promise<Ban | undefined>;
  /** The newest ban of exactly this network, expired or not. */
  findLatest(network: string): Promise<Ban | undefined>;
  /** Every ban with `expiresAt` after the given time (milliseconds since the epoch), newest first. */
  findActive(now: number): Promise<readonly Ban[]>;
  /** Forgets bans with `expiresAt` at or before the given time (milliseconds since the epoch). */
  forgetExpiredBefore(time: number): Promise<void>;
}
