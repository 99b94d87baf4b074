import { ExpiringMap } from './expiring-map.js';

/** A power of two. */
const PARTS = 16;

/**
 * {@link ExpiringMap} for very many entries, in parts: to give one map of a million more room takes longer than requests may wait. Each newcomer
 * clears away two of its part.
 */
export class ExpiringTable<V extends { readonly expiresAt: number } | number> {
  readonly #parts = Array.from({ length: PARTS }, () => new ExpiringMap<V>());
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    return this.#partOf(key).get(key);
  }

  has(key: string): boolean {
    return this.#partOf(key).has(key);
  }

  /** @param now what has expired by then, in the unit of the entries' own times, may leave */
  put(key: string, value: V, now: number): void {
    const part = this.#partOf(key);
    const before = part.size;
    part.put(key, value, now);
    this.#size += part.size - before;
  }

  #partOf(key: string): ExpiringMap<V> {
    return this.#parts[partOf(key)] as ExpiringMap<V>;
  }
}

/**
 * Which part a key belongs to. This is done for each request, so it looks at four letters: in random ids all of them differ, in numbered
 * names the last one, in addresses the others.
 */
export function partOf(key: string): number {
  const { length } = key;
  const begin = key.charCodeAt(2) ^ (key.charCodeAt(length >> 2) * 5);
  const end = (key.charCodeAt(length >> 1) * 3) ^ key.charCodeAt(length - 1);
  return (begin ^ end) & (PARTS - 1);
}
