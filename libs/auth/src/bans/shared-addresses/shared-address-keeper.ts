import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { within } from '../../async/time-limit.js';
import { Log, textOf } from '../../log.js';
import { everyPage } from '../../page-cursor.js';
import { Shutdown, type ShutdownWork } from '../../shutdown/shutdown.js';
import { BAN_SETTINGS, type BanSettings } from '../ban-settings.js';
import { StrikeLedger } from '../strike-ledger.js';
import type { SharedAddress, SharedAddressStore } from './shared-address.store.js';
import { REMEMBERED_MS, type SharedAddresses } from './shared-addresses.js';

/** How often what is new is written, and what others have written is read; later by up to a fifth, so that instances take turns. */
const EVERY_MS = 60_000;
const JITTER_MS = 12_000;

/** What was written by then is read once more: clocks differ, and a write takes its time. */
const OVERLAP_MS = 120_000;

const WRITTEN_AT_ONCE = 200;

/** Rows in the store: two instances may know different people of one network. */
const KEPT_AT_MOST = 100_000;
const PRUNED_EVERY_MS = 3_600_000;

/** How long a boot waits for what is known. Without it addresses have fewer strikes, and nothing else is missing. */
const PATIENCE_MS = 2_000;

/** Keeps where known people were served, where there is a store for it: beside the requests, and never in their way. */
@Injectable()
export class SharedAddressKeeper implements OnModuleInit, ShutdownWork {
  readonly name = 'Where known callers were served';
  readonly #logger = new Log();
  readonly #store: SharedAddressStore | undefined;
  readonly #shared: SharedAddresses;
  #timer: NodeJS.Timeout | undefined;
  /** What is done with the store, one thing after the other. */
  #work = Promise.resolve();
  #readAt = Number.NEGATIVE_INFINITY;
  #prunedAt = Number.NEGATIVE_INFINITY;
  #isFailing = false;
  #isOver = false;

  constructor(
    @Inject(BAN_SETTINGS) private readonly options: BanSettings,
    ledger: StrikeLedger,
    shutdown: Shutdown,
  ) {
    this.#store = options.stores.sharedAddresses;
    this.#shared = ledger.shared;
    if (this.#store !== undefined) shutdown.register(this);
  }

  async onModuleInit(): Promise<void> {
    if (this.#store === undefined) return;
    await within(
      PATIENCE_MS,
      this.#do((store) => this.#read(store)),
    );
    this.#schedule();
  }

  writeRest(): Promise<void> {
    return this.#do((store) => this.#write(store));
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#isOver) return;
    const delay = EVERY_MS + Math.random() * JITTER_MS;
    this.#timer = setTimeout(() => void this.#turn(), delay).unref();
  }

  async #turn(): Promise<void> {
    await this.#do(async (store) => {
      await this.#write(store);
      await this.#read(store);
      await this.#prune(store);
    });
    this.#schedule();
  }

  /** Never fails: what could not be done is done the next time. */
  #do(work: (store: SharedAddressStore) => Promise<void>): Promise<void> {
    const store = this.#store as SharedAddressStore;
    this.#work = this.#work
      .then(() => work(store))
      .then(() => {
        this.#isFailing = false;
      })
      .catch((error) => {
        if (!this.#isFailing)
          this.#logger.warn(`${this.name} is known to this process alone: ${textOf(error)}`);
        this.#isFailing = true;
      });
    return this.#work;
  }

  async #write(store: SharedAddressStore): Promise<void> {
    const due = this.#shared.due();
    for (let from = 0; from < due.length; from += WRITTEN_AT_ONCE) {
      const part = due.slice(from, from + WRITTEN_AT_ONCE);
      // Dated when it is written: others read by what is new.
      const seenAt = this.options.now();
      await store.save(part.map(({ id }): SharedAddress => ({ id, seenAt })));
      this.#shared.noteKept(part);
    }
  }

  async #read(store: SharedAddressStore): Promise<void> {
    const now = this.options.now();
    const since = Math.max(now - REMEMBERED_MS, this.#readAt - OVERLAP_MS);
    const pages = everyPage<SharedAddress, SharedAddress>((after, limit) =>
      store.list({ since, ...(after && { after }), limit }),
    );
    for await (const page of pages) for (const seen of page) this.#shared.learn(seen);
    this.#readAt = now;
  }

  async #prune(store: SharedAddressStore): Promise<void> {
    const now = this.options.now();
    if (Math.abs(now - this.#prunedAt) < PRUNED_EVERY_MS) return;
    await store.prune(now - REMEMBERED_MS, KEPT_AT_MOST);
    this.#prunedAt = now;
  }
}
