import { hash } from 'node:crypto';
import type { ReplaySet } from './replay-set.js';

/** What ends within the same span is forgotten together, in one step however much it is; in milliseconds. */
const SPAN_MS = 60_000;

/** What was used once in this process; forgotten when it ends. */
export class MemoryReplaySet implements ReplaySet {
  /** Ids as digests with their ends, by the span in which they end. */
  readonly #spans = new Map<number, Map<string, number>>();

  /** @param capacity how many uses are remembered at most; while there are as many, calls fail */
  constructor(private readonly capacity = 1_000_000) {}

  async firstUse(id: string, seconds: number): Promise<boolean> {
    if (!(seconds > 0 && Number.isFinite(seconds))) throw new RangeError('seconds must be a positive number');
    const now = performance.now();
    const digest = digestOf(id);
    let count = 0;
    for (const [span, ends] of this.#spans) {
      if ((span + 1) * SPAN_MS <= now) {
        this.#spans.delete(span);
        continue;
      }
      count += ends.size;
      const end = ends.get(digest);
      if (end === undefined) continue;
      if (end > now) return false;
      ends.delete(digest);
    }
    if (count >= this.capacity) throw new Error(`${count} uses are remembered already`);
    this.#remember(digest, now + seconds * 1000);
    return true;
  }

  async release(id: string): Promise<void> {
    for (const ends of this.#spans.values()) ends.delete(digestOf(id));
  }

  #remember(digest: string, end: number): void {
    const span = Math.floor(end / SPAN_MS);
    let ends = this.#spans.get(span);
    if (ends === undefined) {
      ends = new Map();
      this.#spans.set(span, ends);
    }
    ends.set(digest, end);
  }
}

function digestOf(id: string): string {
  return hash('sha256', id, 'base64url');
}
