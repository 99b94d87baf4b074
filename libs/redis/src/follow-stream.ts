import { setTimeout as pause } from 'node:timers/promises';
import { type ChangeFollower, parseChange } from '@portcullis/auth';
import { BATCH, type Entry, FeedConnection } from './change-feed-connection.js';
import type { Connection } from './redis-connection.js';

/** The longest pause before a connection is made again, in milliseconds. */
const LONGEST_PAUSE = 1_000;

/** The last entry that was delivered, and the server that it was read from. */
interface Place {
  readonly id: string;
  readonly server: string;
}

/** One follower on its way along the stream. */
export class Following {
  #connection: FeedConnection | undefined;
  #place: Place = { id: '', server: '' };
  readonly #stopping = new AbortController();
  #end: Promise<void> = Promise.resolve();

  constructor(
    private readonly redis: Connection,
    private readonly stream: string,
    private readonly follower: ChangeFollower,
  ) {}

  /** Resolves once everything that is published from now on will be delivered. */
  async start(): Promise<void> {
    try {
      this.#place = await placeOf(await this.#connected());
    } catch (error) {
      await this.#disconnect();
      throw error;
    }
    this.#end = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#disconnect();
    await this.#end;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#stopped; ) {
      try {
        await this.#turn();
        failures = 0;
      } catch {
        await this.#disconnect();
        const longest = Math.min(LONGEST_PAUSE, 50 * 2 ** Math.min(failures++, 10));
        const { signal } = this.#stopping;
        await pause(longest * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
      }
    }
    await this.#disconnect();
  }

  async #turn(): Promise<void> {
    const connection = await this.#connected();
    const askedAt = performance.now();
    const entries = await connection.read(this.#place.id);
    this.#deliver(entries);
    // Looked at after reading: as long as the place is there, nothing between it and what was read is missing.
    const { server, present } = await connection.look(this.#place.id);
    if (present && server === this.#place.server) {
      this.#place = { server, id: entries.at(-1)?.[0] ?? this.#place.id };
    } else {
      this.#place = await placeOf(connection);
      if (!this.#stopped) this.follower.missed();
    }
    if (entries.length < BATCH && !this.#stopped) this.follower.upToDate(askedAt);
  }

  #deliver(entries: readonly Entry[]): void {
    for (const [, [field, text = '']] of entries) {
      if (this.#stopped) return;
      if (field === 'start') continue;
      const change = field === 'change' ? parseChange(text) : undefined;
      if (change === undefined) this.follower.missed();
      else this.follower.changed(change);
    }
  }

  async #connected(): Promise<FeedConnection> {
    this.#connection ??= new FeedConnection(this.redis, this.stream);
    await this.#connection.open();
    return this.#connection;
  }

  async #disconnect(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }
}

/** The end of the stream. Whoever starts from it misses nothing that is published later. */
async function placeOf(connection: FeedConnection): Promise<Place> {
  const id = await connection.newest();
  const { server } = await connection.look(id);
  return { id, server };
}
