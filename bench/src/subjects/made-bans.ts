import { flatText } from '../flat-text.js';

/** A network that is banned until a time (milliseconds since the epoch). */
export interface MadeBan {
  readonly network: string;
  readonly expiresAt: number;
}

/** Addresses at random, the same ones for the same seed. */
export class MadeAddresses {
  #state: number;

  /** @param seed not 0 */
  constructor(seed: number) {
    this.#state = seed;
  }

  ipv4(): string {
    const bits = this.#next();
    return flatText(`${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`);
  }

  /** @param groups how many groups of 16 bits are at random, after `2001:` */
  ipv6(groups: number): string {
    const parts = Array.from({ length: groups }, () => ((this.#next() & 0xfffe) + 1).toString(16));
    return flatText(`2001:${parts.join(':')}${groups < 7 ? '::' : ''}`);
  }

  /** Xorshift. */
  #next(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state >>> 0;
  }
}

/** Of a hundred bans 50 are of an IPv4 address, 4 of an IPv4 network, 40 of an IPv6 /64 and 6 of other lengths. */
export function* madeBans(count: number, seed = 1): Iterable<MadeBan> {
  const addresses = new MadeAddresses(seed);
  for (let index = 0; index < count; index++) {
    yield { network: networkAt(index % 100, addresses), expiresAt: 4e12 + index };
  }
}

function networkAt(place: number, addresses: MadeAddresses): string {
  if (place < 50) return `${addresses.ipv4()}/32`;
  if (place < 53) return `${addresses.ipv4()}/24`;
  if (place < 54) return `${addresses.ipv4()}/20`;
  if (place < 94) return `${addresses.ipv6(3)}/64`;
  if (place < 96) return `${addresses.ipv6(2)}/48`;
  return place < 98 ? `${addresses.ipv6(3)}/56` : `${addresses.ipv6(7)}/128`;
}
