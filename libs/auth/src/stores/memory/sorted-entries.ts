import { type Listed, listed } from '../../page-cursor.js';

/** So many entries lie in one row, so that a new one moves only few. */
const LARGEST_ROW = 512;
/** Entries that are looked through for one page: few milliseconds' worth. */
const LOOKED_THROUGH = 10_000;

/** A million entries in an order, of which each can be added, removed and found without walking through the others. */
export class SortedEntries<Position, Entry extends Position> {
  #rows: Entry[][] = [];

  /** @param order no two entries are equal by it */
  constructor(private readonly order: (one: Position, other: Position) => number) {}

  add(entry: Entry): void {
    const at = this.#rowFor(entry);
    const row = this.#rows[at];
    if (row === undefined) {
      this.#append(entry);
      return;
    }
    row.splice(this.#placeIn(row, entry), 0, entry);
    if (row.length > LARGEST_ROW) this.#rows.splice(at + 1, 0, row.splice(LARGEST_ROW / 2));
  }

  remove(entry: Entry): void {
    const at = this.#rowFor(entry);
    const row = this.#rows[at] ?? [];
    const place = this.#placeIn(row, entry);
    if (row[place] !== entry) return;
    row.splice(place, 1);
    if (row.length === 0) this.#rows.splice(at, 1);
  }

  clear(): void {
    this.#rows = [];
  }

  /** Upwards, those behind a position. They must not be changed meanwhile. */
  *upwards(after?: Position): Iterable<Entry> {
    const first = after === undefined ? 0 : this.#rowFor(after);
    for (let at = first; at < this.#rows.length; at++) {
      const row = this.#rows[at] as Entry[];
      let place = after === undefined || at > first ? 0 : this.#placeIn(row, after);
      if (place < row.length && after !== undefined && this.order(row[place] as Entry, after) === 0) place++;
      for (; place < row.length; place++) yield row[place] as Entry;
    }
  }

  /** Downwards, those before a position. They must not be changed meanwhile. */
  *downwards(before?: Position): Iterable<Entry> {
    const last = before === undefined ? this.#rows.length : this.#rowFor(before);
    for (let at = Math.min(last, this.#rows.length - 1); at >= 0; at--) {
      const row = this.#rows[at] as Entry[];
      const end = before === undefined || at < last ? row.length : this.#placeIn(row, before);
      for (let place = end - 1; place >= 0; place--) yield row[place] as Entry;
    }
  }

  /** The first ones that are wanted, upwards, however far it has to look. */
  first(
    { after, limit }: { readonly after?: Position | undefined; readonly limit: number },
    isWanted: (entry: Entry) => boolean,
  ): Entry[] {
    const found: Entry[] = [];
    for (const entry of this.upwards(after)) {
      if (found.length >= limit) break;
      if (isWanted(entry)) found.push(entry);
    }
    return found;
  }

  /** The last ones that are wanted, downwards; it stops where it has looked through very many. */
  last(
    { after, limit }: { readonly after?: Position | undefined; readonly limit: number },
    isWanted: (entry: Entry) => boolean,
  ): Listed<Entry, Position> {
    const found: Entry[] = [];
    let [looked, seen]: [number, Entry | undefined] = [0, undefined];
    for (const entry of this.downwards(after)) {
      if (found.length >= limit) return found;
      if (looked++ >= Math.max(LOOKED_THROUGH, limit)) return listed(found, seen);
      if (isWanted(entry)) found.push(entry);
      seen = entry;
    }
    return found;
  }

  /** What comes in order fills whole rows. */
  #append(entry: Entry): void {
    const last = this.#rows.at(-1);
    if (last !== undefined && last.length < LARGEST_ROW) last.push(entry);
    else this.#rows.push([entry]);
  }

  /** The first row whose last entry is not before the position; behind all where there is none. */
  #rowFor(position: Position): number {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.order((this.#rows[middle] as Entry[]).at(-1) as Entry, position) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first place in a row that is not before the position. */
  #placeIn(row: readonly Entry[], position: Position): number {
    let [low, high] = [0, row.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.order(row[middle] as Entry, position) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Orders texts by their code units. */
export function compareTexts(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
