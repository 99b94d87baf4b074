import type { Ban } from './ban.store.js';
import { type IpAddress, type IpNetwork, maskTo, parseIpNetwork } from './ip-address.js';

type BansByPrefixLength = Map<number, Map<bigint, Ban>>;

/**
 * Every ban in force, in memory, for the lookup on each request: one `Map` per prefix length in use.
 * Expiry is checked when a ban is met; no timer runs per ban.
 */
export class BanSet {
  readonly #bans: Record<4 | 6, BansByPrefixLength> = { 4: new Map(), 6: new Map() };

  /** The ban that covers the address at the given time (milliseconds since the epoch). */
  find(address: IpAddress, now: number): Ban | undefined {
    const byPrefixLength = this.#bans[address.version];
    for (const [prefixLength, bans] of byPrefixLength) {
      const ban = bans.get(maskTo(address, prefixLength));
      if (ban !== undefined && ban.expiresAt > now) return ban;
    }
    return undefined;
  }

  /** Puts a ban in force; of two for one network the one that lasts longer stays. */
  add(ban: Ban): void {
    const { version, prefixLength, value } = networkOfBan(ban);
    const byPrefixLength = this.#bans[version];
    const bans = byPrefixLength.get(prefixLength) ?? new Map<bigint, Ban>();
    const existing = bans.get(value);
    if (existing === undefined || existing.expiresAt <= ban.expiresAt) bans.set(value, ban);
    byPrefixLength.set(prefixLength, bans);
  }

  /** Takes a ban out of force, unless another one has taken its place. */
  remove(ban: Ban): void {
    const { version, prefixLength, value } = networkOfBan(ban);
    const byPrefixLength = this.#bans[version];
    const bans = byPrefixLength.get(prefixLength);
    if (bans?.get(value)?.id !== ban.id) return;
    bans.delete(value);
    if (bans.size === 0) byPrefixLength.delete(prefixLength);
  }

  /** Drops what has expired, and returns it. */
  sweep(now: number): Ban[] {
    const expired = [...this.#all()].filter((ban) => ban.expiresAt <= now);
    for (const ban of expired) this.remove(ban);
    return expired;
  }

  *#all(): Iterable<Ban> {
    for (const byPrefixLength of Object.values(this.#bans)) {
      for (const bans of byPrefixLength.values()) yield* bans.values();
    }
  }
}

function networkOfBan(ban: Ban): IpNetwork {
  const network = parseIpNetwork(ban.network);
  if (network === undefined) throw new TypeError(`Ban ${ban.id} is of no network: ${ban.network}`);
  return network;
}
