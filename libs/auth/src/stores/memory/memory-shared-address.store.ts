import type {
  SharedAddress,
  SharedAddressQuery,
  SharedAddressStore,
} from '../../bans/shared-addresses/shared-address.store.js';
import { forgetFirst } from './forget-first.js';
import { compareTexts, SortedEntries } from './sorted-entries.js';

/** Where known people were served, in one process; gone when it ends. */
export class MemorySharedAddressStore implements SharedAddressStore {
  readonly #seen = new Map<string, SharedAddress>();
  readonly #byTime = new SortedEntries<SharedAddress, SharedAddress>(
    (one, other) => one.seenAt - other.seenAt || compareTexts(one.id, other.id),
  );

  async save(seen: readonly SharedAddress[]): Promise<void> {
    for (const { id, seenAt } of seen) {
      const known = this.#seen.get(id);
      if (known !== undefined && known.seenAt >= seenAt) continue;
      if (known !== undefined) this.#forget(known);
      const kept = Object.freeze({ id, seenAt });
      this.#seen.set(id, kept);
      this.#byTime.add(kept);
    }
  }

  async list({ since, after, limit }: SharedAddressQuery): Promise<readonly SharedAddress[]> {
    const found: SharedAddress[] = [];
    for (const seen of this.#byTime.downwards(after)) {
      if (found.length >= limit || seen.seenAt < since) break;
      found.push(seen);
    }
    return found;
  }

  async prune(before: number, max: number): Promise<void> {
    const isOver = ({ seenAt }: SharedAddress) => seenAt < before;
    await forgetFirst(this.#byTime, isOver, (seen) => this.#forget(seen));
    for (const seen of this.#byTime.first({ limit: this.#seen.size - max }, () => true)) this.#forget(seen);
  }

  #forget(seen: SharedAddress): void {
    this.#seen.delete(seen.id);
    this.#byTime.remove(seen);
  }
}
