import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/free-port.js';
import { PgBouncerServer } from '../../support/pgbouncer-server.js';
import { PostgresServer } from '../../support/postgres-server.js';
import { RedisServer } from '../../support/redis-server.js';
import { SeverableRelay } from '../../support/severable-relay.js';
import { type Mishap, postgresMishaps, sqliteMishaps } from './mishaps.js';
import type { Environment } from './soak-process.js';

/** A server that can be killed and started again where it was. */
export interface Server {
  readonly name: string;
  readonly port: number;
  kill(): Promise<void>;
  run(): Promise<void>;
  stop(): Promise<void>;
}

/** A server that goes on from what it had, hears of nothing new, and looks like the one that it is a replica of. */
export interface LostReplica {
  /** The name of the server. */
  readonly of: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** What the processes share. */
export interface SharedStore {
  readonly servers: readonly Server[];
  /** Whether there is a clock that all go by, so that those of the processes may differ. */
  readonly hasClock: boolean;
  readonly mishaps: readonly Mishap[];
  /** Only where a server can have replicas. Undefined where it is away. */
  readonly loseReplica?: () => Promise<LostReplica | undefined>;
  /** What a process is started with, and the links that it reaches each server by. */
  place(): Promise<{ environment: Environment; links: ReadonlyMap<string, SeverableRelay> }>;
  stop(): Promise<void>;
}

export const STORES = {
  sqlite: aFile,
  postgres: () => servers((stop) => aPostgres(stop)),
  'postgres-redis': () => servers((stop) => aPostgres(stop), aRedis),
  pgbouncer: () => servers(aPgBouncer),
} satisfies Record<string, () => Promise<SharedStore>>;

export type StoreName = keyof typeof STORES;

/** A server, and under which name a process is told where it is. */
interface Told extends Server {
  readonly variable: string;
  urlAt(port: number): string;
  readonly mishaps?: readonly Mishap[];
  readonly loseReplica?: () => Promise<LostReplica | undefined>;
}

/** Starts one; what it stands on is stopped with it. */
type Starter = (stopLater: (stop: () => Promise<void>) => void) => Promise<readonly Told[]>;

const SECRET = { KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64') };

async function aFile(): Promise<SharedStore> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-soak-'));
  const file = join(folder, 'portcullis.db');
  const environment = { ...SECRET, DATABASE_FILE: file };
  return {
    servers: [],
    hasClock: false,
    mishaps: sqliteMishaps(file),
    place: async () => ({ environment, links: new Map() }),
    stop: () => rm(folder, { recursive: true }),
  };
}

async function servers(...starters: readonly Starter[]): Promise<SharedStore> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const each of stops.toReversed()) await each();
  };
  const started: Told[] = [];
  try {
    for (const start of starters) started.push(...(await start((each) => stops.push(each))));
  } catch (error) {
    await stop();
    throw error;
  }
  const loseReplica = started.map((each) => each.loseReplica).find((each) => each !== undefined);
  return {
    servers: started,
    hasClock: true,
    mishaps: started.flatMap(({ mishaps = [] }) => mishaps),
    ...(loseReplica && { loseReplica }),
    async place() {
      const links = new Map<string, SeverableRelay>();
      const environment: Record<string, string> = { ...SECRET };
      for (const server of started.filter(({ variable }) => variable !== '')) {
        const link = await SeverableRelay.to(server.port);
        links.set(server.name, link);
        environment[server.variable] = server.urlAt(link.port);
      }
      return { environment, links };
    },
    stop,
  };
}

/** @param variable empty where no process is to go to it directly */
async function aPostgres(
  stopLater: Parameters<Starter>[0],
  variable = 'DATABASE_URL',
): Promise<readonly Told[]> {
  const server = await PostgresServer.start();
  stopLater(() => server.stop());
  return [{ ...toldOf('PostgreSQL', server, server.url), variable, mishaps: postgresMishaps(server.url) }];
}

const aRedis: Starter = async (stopLater) => {
  const server = await RedisServer.start('--repl-diskless-sync-delay', '0');
  stopLater(() => server.stop());
  const told = toldOf('Redis', server, `redis://127.0.0.1:${server.port}`);
  return [{ ...told, variable: 'REDIS_URL', loseReplica: () => lostReplicaOf(server) }];
};

/** It was told to go on by a master that is not there, as one that a failover has forgotten. */
async function lostReplicaOf(server: RedisServer): Promise<LostReplica | undefined> {
  const replica = await RedisServer.start('--replicaof', '127.0.0.1', `${server.port}`);
  try {
    const redis = replica.connect();
    await eventually(async () => (await redis.info('replication')).includes('master_link_status:up'));
    await redis.replicaof('127.0.0.1', await freePort());
    return { of: 'Redis', port: replica.port, stop: () => replica.stop() };
  } catch {
    // The master is away.
    await replica.stop();
    return undefined;
  }
}

const aPgBouncer: Starter = async (stopLater) => {
  const [database] = (await aPostgres(stopLater, '')) as [Told];
  const server = await PgBouncerServer.start(database.urlAt(database.port));
  stopLater(() => server.stop());
  return [database, { ...toldOf('PgBouncer', server, server.url), variable: 'DATABASE_URL' }];
};

function toldOf(name: string, server: Pick<Server, 'kill' | 'run' | 'stop'>, url: string) {
  const at = new URL(url);
  return {
    name,
    port: Number(at.port),
    urlAt: (port: number) => url.replace(`:${at.port}`, `:${port}`),
    kill: () => server.kill(),
    run: () => server.run(),
    stop: () => server.stop(),
  };
}
