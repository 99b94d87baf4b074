import type { AuditWeight } from '../events/event-definition.js';
import type { SecurityEventType } from '../events/security-event.js';
import type { AuditEntry } from './audit.store.js';
import { FloodBudget } from './flood-budget.js';

/** What goes first, and gives way last: what was decided, what proven callers have caused (the first of each, the rest), all else. */
const LANES = ['decisions', 'firstOfCallers', 'ofCallers', 'floods'] as const;
type Lane = (typeof LANES)[number];

/** How many of a proven caller, of one type within a minute, are the first. */
const FIRST = 10;

interface Waiting {
  readonly entry: AuditEntry;
  readonly lane: Lane;
}

/** Entries that wait for the store, so many at most. What anybody can cause gives way to what is somebody's, and that to decisions. */
export class AuditQueue {
  readonly #waiting: Record<Lane, Waiting[]> = {
    decisions: [],
    firstOfCallers: [],
    ofCallers: [],
    floods: [],
  };
  /** What is with the store counts too, because it may come back. */
  #underWay: readonly Waiting[] = [];
  #dropped = new Map<AuditEntry['type'], number>();
  readonly #budget: FloodBudget;

  constructor(
    private readonly max: number,
    maxFloodPerMinute: number,
  ) {
    this.#budget = new FloodBudget(maxFloodPerMinute);
  }

  get size(): number {
    return LANES.reduce((size, lane) => size + this.#waiting[lane].length, this.#underWay.length);
  }

  get hasDropped(): boolean {
    return this.#dropped.size > 0;
  }

  /**
   * @param make makes the entry; it is not asked to for what is dropped anyway
   * @param caller who has proven to be behind it, as one text
   */
  add(type: SecurityEventType, weight: AuditWeight, make: () => AuditEntry, caller?: string): void {
    const lane = this.#laneOf(type, weight, caller);
    if (lane === undefined || !this.#makeRoomIn(lane)) this.#drop(type);
    else this.#waiting[lane].push({ entry: make(), lane });
  }

  /** Takes the next entries out, decisions first. They are under way until they are {@link done} or come {@link back}. */
  take(count: number): readonly AuditEntry[] {
    const taken: Waiting[] = [];
    for (const lane of LANES) taken.push(...this.#waiting[lane].splice(0, count - taken.length));
    this.#underWay = taken;
    return taken.map(({ entry }) => entry);
  }

  done(): void {
    this.#underWay = [];
  }

  /** Puts what is under way behind the others: should one of them never be taken, it stops nobody. */
  back(): void {
    for (const waiting of this.#underWay) this.#waiting[waiting.lane].push(waiting);
    this.#underWay = [];
  }

  /** Adds an entry that reports those that were dropped, however many wait already. */
  addDropped(make: (dropped: Readonly<Record<string, number>>) => AuditEntry): void {
    this.#waiting.decisions.push({ entry: make(Object.fromEntries(this.#dropped)), lane: 'decisions' });
    this.#dropped = new Map();
  }

  /** Undefined: too much has come of it. */
  #laneOf(type: SecurityEventType, weight: AuditWeight, caller: string | undefined): Lane | undefined {
    if (weight === 'decision') return 'decisions';
    if (caller === undefined) return this.#budget.takeForAnybody(type) ? 'floods' : undefined;
    const ordinal = this.#budget.takeForCaller(type, caller);
    if (ordinal === undefined) return undefined;
    return ordinal <= FIRST ? 'firstOfCallers' : 'ofCallers';
  }

  /** Where it is full the newest goes of what gives way: how an attack began says more. */
  #makeRoomIn(lane: Lane): boolean {
    if (this.size < this.max) return true;
    const givingWay = LANES.slice(LANES.indexOf(lane) + 1).toReversed();
    const newest = givingWay
      .map((other) => this.#waiting[other])
      .find(({ length }) => length > 0)
      ?.pop();
    if (newest === undefined) return false;
    this.#drop(newest.entry.type);
    return true;
  }

  #drop(type: AuditEntry['type']): void {
    this.#dropped.set(type, (this.#dropped.get(type) ?? 0) + 1);
  }
}
