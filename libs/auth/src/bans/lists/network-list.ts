import type { IpRange, IpVersion, IpWords } from '../../net/ip-address.js';

/** Sorted by itself in few milliseconds. */
const SEGMENT = 8_192;

/** A network and how much longer its ban lasts, in seconds; infinite for a ban without end. */
export interface TimedNetwork {
  readonly network: IpRange;
  readonly seconds: number;
}

/** Networks of one family in typed arrays: a million take some 25 MB, and are put in order bit by bit. */
class Segment {
  readonly #words: Int32Array;
  readonly #prefixLengths = new Uint8Array(SEGMENT);
  readonly #seconds = new Float64Array(SEGMENT);
  #order: Uint16Array | undefined;
  #length = 0;
  /** The place, in order, of the network that comes next. */
  #next = 0;

  /** @param width how many words an address has */
  constructor(
    private readonly version: IpVersion,
    private readonly width: number,
  ) {
    this.#words = new Int32Array(SEGMENT * width);
  }

  get isFull(): boolean {
    return this.#length === SEGMENT;
  }

  get isOver(): boolean {
    return this.#next >= this.#length;
  }

  add({ network: { words, prefixLength }, seconds }: TimedNetwork): void {
    for (let index = 0; index < this.width; index++)
      this.#words[this.#length * this.width + index] = words[index] as number;
    this.#prefixLengths[this.#length] = prefixLength;
    this.#seconds[this.#length++] = seconds;
  }

  sort(): void {
    if (this.#order !== undefined) return;
    this.#order = Uint16Array.from({ length: this.#length }, (_, place) => place).sort((one, other) =>
      this.#compare(one, this, other),
    );
  }

  /** Whether its next network comes before that of another segment. */
  isBefore(other: Segment): boolean {
    return this.#compare(this.#place, other, other.#place) < 0;
  }

  take(): TimedNetwork {
    const place = this.#place;
    this.#next++;
    const word = (index: number) =>
      index < this.width ? (this.#words[place * this.width + index] as number) : 0;
    const words: IpWords = [word(0), word(1), word(2), word(3)];
    const prefixLength = this.#prefixLengths[place] as number;
    return {
      network: { version: this.version, words, prefixLength },
      seconds: this.#seconds[place] as number,
    };
  }

  get #place(): number {
    return this.#order?.[this.#next] as number;
  }

  /** By address, and a network before those within it; of one network twice, what lasts longest first. */
  #compare(place: number, other: Segment, otherPlace: number): number {
    const { width } = this;
    for (let index = 0; index < width; index++) {
      const mine = (this.#words[place * width + index] as number) >>> 0;
      const theirs = (other.#words[otherPlace * width + index] as number) >>> 0;
      if (mine !== theirs) return mine - theirs;
    }
    const longer = (this.#prefixLengths[place] as number) - (other.#prefixLengths[otherPlace] as number);
    if (longer !== 0) return longer;
    return (other.#seconds[otherPlace] as number) > (this.#seconds[place] as number) ? 1 : -1;
  }
}

/** Networks with their ends, to be read in order: those of IPv4 and of IPv6 by themselves. */
export class NetworkList {
  readonly #segments: Record<4 | 6, Segment[]> = { 4: [], 6: [] };

  add(entry: TimedNetwork): void {
    const { version } = entry.network;
    if (version === 0) return;
    const segments = this.#segments[version];
    let last = segments.at(-1);
    if (last === undefined || last.isFull) {
      last = new Segment(version, version === 4 ? 1 : 4);
      segments.push(last);
    }
    last.add(entry);
    if (last.isFull) last.sort();
  }

  /** By address, and a network before those within it. Each network comes once, with what lasts longest. To be called once. */
  *inOrder(version: 4 | 6): Iterable<TimedNetwork> {
    // All but the last one are in order already.
    this.#segments[version].at(-1)?.sort();
    const waiting = new Nearest();
    for (const segment of this.#segments[version]) waiting.put(segment);
    let before: IpRange | undefined;
    for (let segment = waiting.take(); segment !== undefined; segment = waiting.take()) {
      const entry = segment.take();
      if (!segment.isOver) waiting.put(segment);
      if (before !== undefined && isSame(before, entry.network)) continue;
      before = entry.network;
      yield entry;
    }
  }
}

/** Gives the segment whose network comes next: a binary heap. */
class Nearest {
  readonly #heap: Segment[] = [];

  put(segment: Segment): void {
    const heap = this.#heap;
    let place = heap.push(segment) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!segment.isBefore(heap[parent] as Segment)) break;
      heap[place] = heap[parent] as Segment;
      place = parent;
    }
    heap[place] = segment;
  }

  take(): Segment | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Segment).isBefore(heap[child] as Segment)) child++;
      if (!(heap[child] as Segment).isBefore(last)) break;
      heap[place] = heap[child] as Segment;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}

function isSame(one: IpRange, other: IpRange): boolean {
  return (
    one.prefixLength === other.prefixLength && one.words.every((word, index) => word === other.words[index])
  );
}
