import { RecentlyUsed } from '../recently-used.js';

const REMEMBERED_NETWORKS = 50_000;

/** More people than that behind one address make it no more precious. */
const COUNTED_IDENTITIES = 4;

const REMEMBERED_MS = 24 * 3_600_000;

/**
 * Behind which networks there are people and applications that we know: an office, a mobile carrier's gateway. One of them who
 * misbehaves must not shut out the others at once, so such a network may have more strikes before it is banned.
 */
export class SharedAddresses {
  /** By network, when each identity was last seen there. */
  readonly #seen = new RecentlyUsed<Map<string, number>>(REMEMBERED_NETWORKS);

  /** @param now the clock, in milliseconds since the epoch */
  constructor(private readonly now: () => number) {}

  /** To be called when a proven identity was served at this network. */
  note(network: string, identity: string): void {
    const seen = this.#seen.get(network);
    if (seen === undefined) this.#seen.set(network, new Map([[identity, this.now()]]));
    else if (seen.size < COUNTED_IDENTITIES || seen.has(identity)) seen.set(identity, this.now());
    else this.#forgetOld(seen);
  }

  /** How many times as many strikes the network may have: 1 where nobody is known, 5 where many are. */
  factorOf(network: string): number {
    const seen = this.#seen.get(network);
    if (seen === undefined) return 1;
    this.#forgetOld(seen);
    return 1 + seen.size;
  }

  #forgetOld(seen: Map<string, number>): void {
    const oldest = this.now() - REMEMBERED_MS;
    for (const [identity, at] of seen) if (at <= oldest) seen.delete(identity);
  }
}
