import { randomFillSync } from 'node:crypto';
import { type IpWords, masked } from '../net/ip-address.js';

/**
 * One for each word of a key: another hash in every process, so that nobody can choose networks that all meet in one place.
 * They are odd, which loses no bit.
 */
const [FIRST, SECOND, THIRD, FOURTH] = [...randomFillSync(new Int32Array(4))].map((word) => word | 1) as [
  number,
  number,
  number,
  number,
];

const SMALLEST_CAPACITY = 8;
/** How full a table may be. Where two slots of three are free a search mostly ends at the first, but the memory doubles. */
const MAXIMUM_LOAD = { small: 0.35, large: 0.7 };
const LARGE_CAPACITY = 2 ** 18;
/** Below it a table gives its memory back. */
const MINIMUM_LOAD = 0.1;
const GROWTH = 1.5;

/** Mixes the words of a network one after another: of their sum, words that differ in their first bits only would cancel each other out. */
export function hashOf(first: number, second: number, third: number, fourth: number): number {
  let hash = Math.imul(first, FIRST);
  hash = Math.imul(hash ^ (hash >>> 15) ^ second, SECOND);
  hash = Math.imul(hash ^ (hash >>> 15) ^ third, THIRD);
  hash = Math.imul(hash ^ (hash >>> 15) ^ fourth, FOURTH);
  // The first bits of a product are those that all bits before have a part in.
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
}

/**
 * Networks of one prefix length, each with the time (milliseconds since the epoch) at which its ban ends: a hash table with
 * open addressing and linear probing, on typed arrays, which take a fraction of a `Map`'s memory and give the garbage collector
 * nothing to visit.
 */
export class NetworkShard {
  /** How many words of an address make up its network. */
  readonly #width: number;
  readonly #mask: IpWords;
  #capacity = SMALLEST_CAPACITY;
  #slotsPerHash = SMALLEST_CAPACITY / 2 ** 32;
  #size = 0;
  /** `#width` words for each slot; zeros in an empty one. */
  #keys: Int32Array;
  /** One for each slot; NaN in an empty one. */
  #ends: Float64Array;

  /** @param shards how many of them share the networks: together they are large */
  constructor(
    prefixLength: number,
    private readonly shards = 1,
  ) {
    this.#width = Math.max(1, Math.ceil(prefixLength / 32));
    this.#mask = masked([-1, -1, -1, -1], prefixLength);
    this.#keys = new Int32Array(this.#capacity * this.#width);
    this.#ends = new Float64Array(this.#capacity).fill(Number.NaN);
  }

  get size(): number {
    return this.#size;
  }

  /** When the ban of the address's network ends; NaN when there is none. */
  endOf(address: IpWords): number {
    return this.#ends[this.#find(address)] as number;
  }

  /** Of two ends for one network the later one stays. */
  add(address: IpWords, end: number): void {
    const slot = this.#find(address);
    if (!this.#isEmpty(slot)) {
      if (end > (this.#ends[slot] as number)) this.#ends[slot] = end;
      return;
    }
    const [width, mask] = [this.#width, this.#mask];
    for (let index = 0; index < width; index++) {
      this.#keys[slot * width + index] = (address[index] as number) & (mask[index] as number);
    }
    this.#ends[slot] = end;
    this.#size++;
    if (this.#size > this.#capacity * maximumLoadOf(this.#capacity * this.shards)) {
      this.#resize(Math.ceil(this.#capacity * GROWTH));
    }
  }

  /** @returns whether the network was there */
  remove(address: IpWords): boolean {
    const slot = this.#find(address);
    if (this.#isEmpty(slot)) return false;
    this.#vacate(slot);
    this.#shrink();
    return true;
  }

  /** @returns how many were dropped because they end at the given time or before */
  sweep(now: number): number {
    const before = this.#size;
    // From behind an empty slot: what moves up when another goes is then always still to come, in the same slot or later.
    let slot = this.#ends.findIndex(Number.isNaN);
    for (let visited = 0; visited < this.#capacity; visited++) {
      slot = this.#next(slot);
      while ((this.#ends[slot] as number) <= now) this.#vacate(slot);
    }
    this.#shrink();
    return before - this.#size;
  }

  /** Calls back for every end. */
  forEachEnd(callback: (end: number) => void): void {
    for (const end of this.#ends) if (!Number.isNaN(end)) callback(end);
  }

  /** Calls back for every network whose ban ends at the given time or before. */
  forEach(callback: (words: IpWords, end: number) => void, latest = Number.POSITIVE_INFINITY): void {
    const [keys, width] = [this.#keys, this.#width];
    const word = (slot: number, index: number) =>
      index < width ? (keys[slot * width + index] as number) : 0;
    for (let slot = 0; slot < this.#capacity; slot++) {
      if (!((this.#ends[slot] as number) <= latest)) continue;
      callback([word(slot, 0), word(slot, 1), word(slot, 2), word(slot, 3)], this.#ends[slot] as number);
    }
  }

  /** The slot of the address's network, or the empty one in which it belongs. Each request comes here, so nothing is allocated. */
  #find(address: IpWords): number {
    const [keys, width, mask] = [this.#keys, this.#width, this.#mask];
    const first = address[0] & mask[0];
    const second = address[1] & mask[1];
    const third = address[2] & mask[2];
    const fourth = address[3] & mask[3];
    for (let slot = this.#homeOf(first, second, third, fourth); ; slot = this.#next(slot)) {
      const at = slot * width;
      const isFound =
        keys[at] === first &&
        (width < 2 || keys[at + 1] === second) &&
        (width < 3 || keys[at + 2] === third) &&
        (width < 4 || keys[at + 3] === fourth);
      if (isFound || this.#isEmpty(slot)) return slot;
    }
  }

  /** Looks at the end only where the key leaves it open, which spares a search half of its memory accesses. */
  #isEmpty(slot: number): boolean {
    return this.#keys[slot * this.#width] === 0 && Number.isNaN(this.#ends[slot] as number);
  }

  /** Where the search for a network begins. */
  #homeOf(first: number, second: number, third: number, fourth: number): number {
    return (hashOf(first, second, third, fourth) * this.#slotsPerHash) >>> 0;
  }

  /** Where the search for the network in a slot begins. */
  #homeIn(keys: Int32Array, slot: number): number {
    const width = this.#width;
    const at = slot * width;
    const second = width < 2 ? 0 : (keys[at + 1] as number);
    const third = width < 3 ? 0 : (keys[at + 2] as number);
    const fourth = width < 4 ? 0 : (keys[at + 3] as number);
    return this.#homeOf(keys[at] as number, second, third, fourth);
  }

  #next(slot: number): number {
    return slot + 1 === this.#capacity ? 0 : slot + 1;
  }

  /** Fills an empty slot. */
  #fill(slot: number, keys: Int32Array, old: number, end: number): void {
    for (let index = 0; index < this.#width; index++) {
      this.#keys[slot * this.#width + index] = keys[old * this.#width + index] as number;
    }
    this.#ends[slot] = end;
  }

  /** Empties a slot, and moves up into it what would not be found any more behind an empty one. */
  #vacate(slot: number): void {
    const [keys, ends] = [this.#keys, this.#ends];
    let hole = slot;
    for (let other = this.#next(hole); !this.#isEmpty(other); other = this.#next(other)) {
      if (this.#distance(this.#homeIn(keys, other), other) < this.#distance(hole, other)) continue;
      this.#fill(hole, keys, other, ends[other] as number);
      hole = other;
    }
    keys.fill(0, hole * this.#width, (hole + 1) * this.#width);
    ends[hole] = Number.NaN;
    this.#size--;
  }

  /** How many steps a search takes from one slot to another. */
  #distance(from: number, to: number): number {
    return to >= from ? to - from : to - from + this.#capacity;
  }

  #shrink(): void {
    if (this.#size >= this.#capacity * MINIMUM_LOAD || this.#capacity === SMALLEST_CAPACITY) return;
    this.#resize(Math.max(SMALLEST_CAPACITY, Math.ceil((this.#size * GROWTH) / MAXIMUM_LOAD.small)));
  }

  #resize(capacity: number): void {
    const [keys, ends] = [this.#keys, this.#ends];
    this.#capacity = capacity;
    this.#slotsPerHash = capacity / 2 ** 32;
    this.#keys = new Int32Array(capacity * this.#width);
    this.#ends = new Float64Array(capacity).fill(Number.NaN);
    for (let old = 0; old < ends.length; old++) {
      const end = ends[old] as number;
      if (Number.isNaN(end)) continue;
      let slot = this.#homeIn(keys, old);
      while (!this.#isEmpty(slot)) slot = this.#next(slot);
      this.#fill(slot, keys, old, end);
    }
  }
}

function maximumLoadOf(capacity: number): number {
  return capacity < LARGE_CAPACITY ? MAXIMUM_LOAD.small : MAXIMUM_LOAD.large;
}
