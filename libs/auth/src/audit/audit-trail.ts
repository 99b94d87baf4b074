import { randomBytes } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { byChance } from '../async/backoff.js';
import { within } from '../async/time-limit.js';
import { InputError } from '../errors.js';
import { EventCatalog } from '../events/event-catalog.js';
import type { EventDefinition } from '../events/event-definition.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { Log, textOf } from '../log.js';
import { Shutdown, type ShutdownWork } from '../shutdown/shutdown.js';
import type { AuditEntry, AuditStore } from './audit.store.js';
import { entryOf, NO_NAMES, type Stamp } from './audit-entry.js';
import { type AuditFilter, type AuditPage, pageOf, queryOf } from './audit-query.js';
import { AuditQueue } from './audit-queue.js';
import { AUDIT_SETTINGS, type AuditSettings } from './audit-settings.js';

/** Entries are gathered for so long, and so written together. */
const GATHER_MS = 100;
/** Entries in one call to the store. */
const BATCH = 200;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 30_000;
/** Dropped entries are counted for so long before an entry reports them. */
const COUNT_DROPPED_MS = 60_000;
/** So long a reader waits for the last entries. */
const READER_MS = 1_000;
const FIRST_PRUNING_MS = 60_000;
const PRUNE_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * Keeps the security events in the audit store, where there is one: beside the requests and never in their way. What happens in the
 * last tenth of a second before a process is killed is lost; a graceful shutdown writes everything, if the store takes it within 5 s.
 */
@Injectable()
export class AuditTrail implements OnModuleInit, ShutdownWork {
  readonly name = 'The audit log';
  readonly #logger = new Log();
  readonly #store: AuditStore | undefined;
  readonly #kept: ReadonlySet<string>;
  readonly #queue: AuditQueue;
  /** So that ids of several instances, and of one that was started again, never meet. */
  readonly #instance = randomBytes(8).toString('hex');
  #count = 0;
  #stopListening = () => {};
  #timer: NodeJS.Timeout | undefined;
  #pruning: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #batch = BATCH;
  #retryMs = FIRST_RETRY_MS;
  #isFailing = false;
  #droppingSince: number | undefined;
  /** From then on everything is tried, since there may be no later. */
  #isStopping = false;
  #isClosed = false;

  constructor(
    @Inject(AUDIT_SETTINGS) private readonly options: AuditSettings,
    private readonly events: SecurityEvents,
    private readonly catalog: EventCatalog,
    shutdown: Shutdown,
  ) {
    const { audit, stores } = options;
    this.#store = stores.audit;
    this.#kept = new Set(audit.events ?? catalog.auditedByDefault);
    this.#queue = new AuditQueue(audit.maxWaiting, audit.maxFloodPerMinute);
    if (this.#store === undefined) return;
    shutdown.register(this);
    this.#stopListening = this.events.subscribe((event, definition) => this.#note(event, definition));
  }

  onModuleInit(): void {
    if (this.#store !== undefined) this.#pruneIn(FIRST_PRUNING_MS);
  }

  /**
   * The entries that match, newest first, with what this instance has seen so far.
   *
   * @returns undefined where no audit log is kept
   * @throws InputError when a type, the address, the cursor or the limit make no sense
   */
  async list(filter: AuditFilter = {}): Promise<AuditPage | undefined> {
    if (this.#store === undefined) return undefined;
    this.#refuseUnknownTypes(filter);
    const query = queryOf(filter);
    await within(READER_MS, this.#writeAll());
    return pageOf(this.#store, query);
  }

  /** Writes what waits now. It never throws: what can't be written is tried again. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
      this.#schedule();
    });
    return this.#writing;
  }

  async writeRest(): Promise<void> {
    this.#isStopping = true;
    await this.#writeAll();
  }

  end(): void {
    this.#isClosed = true;
    clearTimeout(this.#pruning);
    clearTimeout(this.#timer);
    this.#stopListening();
    const left = this.#queue.size;
    if (left > 0) this.#logger.error(`${left} entries of the audit log could not be written, and are lost`);
  }

  #refuseUnknownTypes({ types = [] }: AuditFilter): void {
    const known = new Set<string>(['audit.dropped', ...this.catalog.audited]);
    if (!types.every((type) => known.has(type))) throw new InputError('type must be the type of an event');
  }

  #note(event: SecurityEvent, definition: EventDefinition): void {
    const weight = this.#kept.has(event.type) ? definition.weigh?.(event) : undefined;
    if (weight === undefined) return;
    const make = () => entryOf(event, definition.namesIn(event), this.#stamp());
    this.#queue.add(event.type, weight, make, definition.callerIn(event));
    if (this.#queue.hasDropped && this.#droppingSince === undefined) {
      this.#droppingSince = performance.now();
      this.#logger.warn('More happens than the audit log can take: some entries are dropped, and counted');
    }
    if (this.#writing === undefined) this.#schedule();
  }

  #stamp(): Stamp {
    const at = Math.floor(this.options.now());
    return { id: `${hex(at, 12)}-${hex(this.#count++, 8)}-${this.#instance}`, at };
  }

  /** What is under way may have begun before the last entries came. */
  async #writeAll(): Promise<void> {
    await this.#writing;
    await this.flush();
  }

  #schedule(): void {
    if (this.#isClosed) return;
    const delay = this.#delay();
    if (delay !== undefined) this.#timer ??= setTimeout(() => void this.flush(), delay).unref();
  }

  /** Until the next write, in milliseconds; undefined where nothing is to be written. */
  #delay(): number | undefined {
    if (this.#queue.size > 0) return this.#isFailing ? byChance(this.#retryMs) : GATHER_MS;
    if (this.#droppingSince === undefined) return undefined;
    return Math.max(GATHER_MS, this.#droppingSince + COUNT_DROPPED_MS - performance.now());
  }

  async #write(): Promise<void> {
    this.#recordDropped();
    // No more than wait now: others come all the time.
    for (let left = this.#queue.size; left > 0; ) {
      const entries = this.#queue.take(Math.min(this.#batch, left));
      if (entries.length === 0) return;
      try {
        await this.#store?.append(entries);
        this.#succeed();
        left -= entries.length;
      } catch (error) {
        this.#fail(error, entries.length);
        // One that is never taken must not cost the others, so ever fewer are tried; when it is one, the store is down.
        if (!this.#isStopping || entries.length === 1) return;
      }
    }
  }

  #succeed(): void {
    this.#queue.done();
    this.#batch = BATCH;
    this.#retryMs = FIRST_RETRY_MS;
    this.#isFailing = false;
  }

  #fail(error: unknown, tried: number): void {
    this.#queue.back();
    this.#batch = Math.max(1, Math.floor(tried / 2));
    if (!this.#isFailing) this.#logger.warn(`The audit log could not be written: ${textOf(error)}`);
    else this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
    this.#isFailing = true;
  }

  #recordDropped(): void {
    if (this.#droppingSince === undefined) return;
    if (performance.now() < this.#droppingSince + COUNT_DROPPED_MS && !this.#isStopping) return;
    this.#droppingSince = undefined;
    this.#queue.addDropped((counts): AuditEntry => {
      return { ...this.#stamp(), type: 'audit.dropped', ...NO_NAMES, facts: { counts } };
    });
  }

  #pruneIn(delay: number): void {
    this.#pruning = setTimeout(() => void this.#prune(), delay).unref();
  }

  /** Every instance does it: what one has forgotten, the others don't find any more. */
  async #prune(): Promise<void> {
    try {
      await this.#store?.prune(this.options.now() - this.options.audit.retentionDays * DAY_MS);
    } catch (error) {
      if (!this.#isClosed)
        this.#logger.warn(`Old entries of the audit log could not be forgotten: ${textOf(error)}`);
    }
    if (!this.#isClosed) this.#pruneIn(PRUNE_EVERY_MS);
  }
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0');
}
