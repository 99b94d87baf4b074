import { LRUCache } from 'lru-cache';

/**
 * Entries that were used lately; the one unused for longest leaves first. It grows as it fills: by its option `max`, `lru-cache` makes
 * room for all of them at once, which holds up the start of an app by 50 ms for 100,000.
 */
export class RecentlyUsed<Value extends {}> extends LRUCache<string, Value> {
  /**
   * @param count how many entries are kept
   * @param ttl for how many milliseconds each is kept; for ever by default
   */
  constructor(count: number, ttl = 0) {
    super({ maxSize: count, sizeCalculation: () => 1, ttl });
  }
}
