import { once } from 'node:events';
import { within } from './patience.js';
import { type Connection, ownConnection } from './redis-connection.js';
import { RedisFailure } from './redis-failure.js';

/** How long a read waits for changes, in milliseconds: twice as often as it has to be said that nothing is missing. */
const BLOCK = 500;
/** How long anything else may take, in milliseconds. */
const PATIENCE = 2_000;
/** How many entries are read at once. */
export const BATCH = 1_000;

/** More entries than any stream has: trimming to them writes nothing, and is refused where writing is. */
const ENDLESS = Number.MAX_SAFE_INTEGER;

/**
 * The server's run and the history of its data, whether it has an entry, what it is, and why it refuses to be written to. In one
 * script, so that they are the same server's, also in a Cluster, where INFO alone goes to any of them.
 */
const LOOK = `
local server = redis.call('INFO', 'server')
local replication = redis.call('INFO', 'replication')
local run = string.match(server, 'run_id:(%w+)') or ''
local history = string.match(replication, 'master_replid:(%w+)') or ''
local role = string.match(replication, 'role:(%w+)') or ''
local write = redis.pcall('XTRIM', KEYS[1], 'MAXLEN', ARGV[2])
local refusal = type(write) == 'table' and write.err or ''
return { run .. history, #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]), role, refusal }
`;

/** An entry of the stream: its id, and its fields and values in turn. */
export type Entry = readonly [id: string, fields: readonly string[]];

/** What a follower knows of where it is. */
export interface Sight {
  /** Another one after a restart or a failover: what was acknowledged before may be lost. */
  readonly server: string;
  /** Whether the entry is there. If it is, nothing behind it was trimmed. */
  readonly present: boolean;
}

/** One connection to the stream. Once something has failed it is of no more use. */
export class FeedConnection {
  readonly #redis: Connection;

  constructor(
    redis: Connection,
    private readonly stream: string,
  ) {
    this.#redis = ownConnection(redis);
  }

  /** Connects; does nothing more when it has. */
  async open(): Promise<void> {
    if (this.#redis.status === 'wait') await within(PATIENCE, this.#redis.connect());
  }

  /** The id of the newest entry. One is added to an empty stream, so that there always is one to recognise the place by. */
  async newest(): Promise<string> {
    const [newest] = await within(PATIENCE, this.#redis.xrevrange(this.stream, '+', '-', 'COUNT', 1));
    const id = newest?.[0] ?? (await within(PATIENCE, this.#redis.xadd(this.stream, '*', 'start', '')));
    if (id === null) throw new RedisFailure('Redis added nothing to the stream');
    return id;
  }

  /**
   * @throws RedisFailure when others may publish to another server: this one is a replica, or a master that refuses to be written to
   * because it has lost its replicas, one of which may be the master by now
   */
  async look(id: string): Promise<Sight> {
    const asked = this.#redis.eval(LOOK, 1, this.stream, id, ENDLESS);
    const [server, count, role, refusal] = (await within(PATIENCE, asked)) as [
      string,
      number | string,
      string,
      string,
    ];
    if (server === '') throw new RedisFailure('Redis does not say which server it is');
    if (role !== 'master') throw new RedisFailure('this Redis is a replica');
    // A master whose disk is full is a master: nothing is published anywhere else.
    if (refusal !== '' && !refusal.includes('MISCONF'))
      throw new RedisFailure(`Redis refuses changes: ${refusal}`);
    return { server, present: Number(count) === 1 };
  }

  /** The entries after this one, as soon as there is one; none after half a second without. */
  async read(id: string): Promise<readonly Entry[]> {
    const reply = await within(
      BLOCK + PATIENCE,
      this.#redis.xread('COUNT', BATCH, 'BLOCK', BLOCK, 'STREAMS', this.stream, id),
    );
    return (reply as [string, Entry[]][] | null)?.[0]?.[1] ?? [];
  }

  /** Resolves when the connection is closed. */
  async close(): Promise<void> {
    if (this.#redis.status === 'end') return;
    const ended = once(this.#redis, 'end');
    this.#redis.disconnect();
    await within(PATIENCE, ended).catch(() => {});
  }
}
