import type { IpAddress, IpNetwork } from '../net/ip-address.js';
import type { Ban } from './ban.store.js';
import { BanSet, lastOf } from './ban-set.js';

/** What a request needs to know of a ban. Who wants to know more asks the store. */
export interface ActiveBan {
  /** CIDR notation in canonical form. */
  readonly network: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** It refuses nobody. */
  readonly shadow: boolean;
  /** Somebody decided on it, and no rule. */
  readonly byPeople: boolean;
}

/** Of the bans by rules, those that make room when there are too many: this share of them at a time, and few milliseconds' worth. */
const EVICTED_SHARE = 0.1;
const MOST_EVICTED = 2_000;

/** Every ban in force, in memory, for the lookup on each request. */
export class ActiveBans {
  /** What people decided is apart from what rules did, so that the one can't push out the other. */
  readonly #decided = new BanSet();
  readonly #byRules = new BanSet();
  readonly #shadows = new BanSet();

  /** @param maxByRules how many bans by rules are held, and how many shadows */
  constructor(private readonly maxByRules: number) {}

  /** The ban that covers an address at a time (milliseconds since the epoch), of several the last; a shadow only where there is no other. */
  find(address: IpAddress, now: number): ActiveBan | undefined {
    const decided = this.#decided.find(address, now);
    const ban = lastOf(decided, this.#byRules.find(address, now));
    const found = ban ?? this.#shadows.find(address, now);
    if (found === undefined) return undefined;
    const { network, expiresAt } = found;
    return { network, expiresAt, shadow: ban === undefined, byPeople: decided !== undefined };
  }

  /** Whether this very network, or one around it, is banned. */
  covers(network: IpNetwork, shadow: boolean, now: number): boolean {
    const sets = shadow ? [this.#shadows] : [this.#decided, this.#byRules];
    return sets.some((set) => set.covers(network, now));
  }

  /** @returns whether others had to make room for it */
  add(ban: Pick<Ban, 'network' | 'expiresAt' | 'shadow' | 'rule'>): boolean {
    const set = ban.shadow ? this.#shadows : ban.rule === null ? this.#decided : this.#byRules;
    set.add(ban);
    if (set === this.#decided || set.size <= this.maxByRules) return false;
    set.evictSoonest(Math.min(MOST_EVICTED, Math.ceil(this.maxByRules * EVICTED_SHARE)));
    return true;
  }

  remove(network: string): void {
    for (const set of this.#sets) set.remove(network);
  }

  /** Drops what is over at a time (milliseconds since the epoch), in steps between which bans may come and go. */
  *sweeping(now: number): Generator<void, void, void> {
    for (const set of this.#sets) yield* set.sweeping(now);
  }

  clear(): void {
    for (const set of this.#sets) set.clear();
  }

  get #sets(): readonly BanSet[] {
    return [this.#decided, this.#byRules, this.#shadows];
  }
}
