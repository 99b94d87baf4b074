import type { AuditWeight } from '../events/event-definition.js';
import type { SecurityEventType } from '../events/security-event.js';
import type { AuditEntry } from './audit.store.js';

const MINUTE_MS = 60_000;

interface Waiting {
  readonly entry: AuditEntry;
  readonly isFlood: boolean;
}

/** Entries that wait for the store, so many at most. What anybody can cause gives way to what people decided. */
export class AuditQueue {
  #decisions: Waiting[] = [];
  #floods: Waiting[] = [];
  /** What is with the store counts too, because it may come back. */
  #underWay: readonly Waiting[] = [];
  #dropped = new Map<AuditEntry['type'], number>();
  #minuteBegan = Number.NEGATIVE_INFINITY;
  /** By type, so that refusals in any number leave room for bans and logins. */
  readonly #inThisMinute = new Map<SecurityEventType, number>();

  constructor(
    private readonly max: number,
    private readonly maxFloodPerMinute: number,
  ) {}

  get size(): number {
    return this.#decisions.length + this.#floods.length + this.#underWay.length;
  }

  get hasDropped(): boolean {
    return this.#dropped.size > 0;
  }

  /** @param make makes the entry; it is not asked to for what is dropped anyway */
  add(type: SecurityEventType, weight: AuditWeight, make: () => AuditEntry): void {
    const flood = weight !== 'decision';
    const isFull = this.size >= this.max;
    const hasRoom = flood ? !(this.#isTooMuch(type) || isFull) : !isFull || this.#makeRoom();
    if (hasRoom) (flood ? this.#floods : this.#decisions).push({ entry: make(), isFlood: flood });
    else this.#drop(type);
  }

  /** Takes the next entries out, decisions first. They are under way until they are {@link done} or come {@link back}. */
  take(count: number): readonly AuditEntry[] {
    const decisions = this.#decisions.splice(0, count);
    this.#underWay = [...decisions, ...this.#floods.splice(0, count - decisions.length)];
    return this.#underWay.map(({ entry }) => entry);
  }

  done(): void {
    this.#underWay = [];
  }

  /** Puts what is under way behind the others: should one of them never be taken, it stops nobody. */
  back(): void {
    for (const waiting of this.#underWay) (waiting.isFlood ? this.#floods : this.#decisions).push(waiting);
    this.#underWay = [];
  }

  /** Adds an entry that reports those that were dropped, however many wait already. */
  addDropped(make: (dropped: Readonly<Record<string, number>>) => AuditEntry): void {
    this.#decisions.push({ entry: make(Object.fromEntries(this.#dropped)), isFlood: false });
    this.#dropped = new Map();
  }

  /** The newest goes: how an attack began says more. */
  #makeRoom(): boolean {
    const newest = this.#floods.pop();
    if (newest === undefined) return false;
    this.#drop(newest.entry.type);
    return true;
  }

  #isTooMuch(type: SecurityEventType): boolean {
    const now = performance.now();
    if (now - this.#minuteBegan >= MINUTE_MS) {
      this.#minuteBegan = now;
      this.#inThisMinute.clear();
    }
    const count = (this.#inThisMinute.get(type) ?? 0) + 1;
    this.#inThisMinute.set(type, count);
    return count > this.maxFloodPerMinute;
  }

  #drop(type: AuditEntry['type']): void {
    this.#dropped.set(type, (this.#dropped.get(type) ?? 0) + 1);
  }
}
