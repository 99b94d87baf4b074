import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { nextFrom } from '../support/child-says.js';
import { PostgresServer } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { SampleInstance } from '../support/sample-instance.js';

const KEY_ENCRYPTION_KEY = randomBytes(32).toString('base64');
/** `CHANGES=1000` for a measurement. */
const CHANGES = Number(process.env.CHANGES ?? 30);
/** Milliseconds between two requests to each process, besides those that measure. */
const PACE = 20;

/**
 * Asks each process for reports with its key, and says how many answers there were, and what else came than 200. On a busy machine it waits:
 * more and more that nobody can answer would be an outage, which is tested elsewhere. A connection that the server gives up for idleness
 * while a request is on its way is no refusal: clients ask again.
 */
const LOADER = `
  import { Agent, request } from 'node:http';
  const agent = new Agent({ keepAlive: true });
  const processes = JSON.parse(process.argv[1]).map((one) => ({ ...one, unanswered: 0 }));
  let answers = 0;
  const wrong = [];
  const ask = (one) => {
    const asked = request(one.url + '/reports/volume', { agent, headers: { 'x-api-key': one.key } }, (response) => {
      answers++;
      one.unanswered--;
      if (response.statusCode !== 200) wrong.push(response.statusCode);
      response.resume();
    });
    asked.once('error', ({ code }) => {
      if (asked.reusedSocket && code === 'ECONNRESET') return ask(one);
      one.unanswered--;
      wrong.push(code);
    });
    asked.end();
  };
  const asking = setInterval(() => {
    for (const one of processes.filter(({ unanswered }) => unanswered < 10)) {
      one.unanswered++;
      ask(one);
    }
  }, ${PACE});
  process.stdin.once('end', () => {
    clearInterval(asking);
    console.log(JSON.stringify({ answers, wrong }));
    process.exit();
  }).resume();
`;

describe('three processes of the sample under load', () => {
  let database: PostgresServer;
  let redis: RedisServer;
  let instances: SampleInstance[];
  let loader: ChildProcess | undefined;
  beforeEach(async () => {
    instances = [];
    [database, redis] = await Promise.all([PostgresServer.start(), RedisServer.start()]);
  });
  afterEach(async () => {
    // Of a test that has failed: nobody else would end it.
    loader?.kill('SIGKILL');
    await Promise.all(instances.map((instance) => instance.stop('SIGTERM')));
    await Promise.all([database.stop(), redis.stop()]);
  });

  it.each([
    ['PostgreSQL', () => ({ DATABASE_URL: database.url, KEY_ENCRYPTION_KEY })],
    [
      'Redis',
      () => ({
        DATABASE_URL: database.url,
        KEY_ENCRYPTION_KEY,
        REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      }),
    ],
  ])(
    'hold every change of one of them, published by %s, and refuse nobody for it',
    async (engine, environment) => {
      const start = () => SampleInstance.start(environment());
      instances = await Promise.all([start(), start(), start()]);
      const keys = JSON.stringify(instances.map(({ url, key }) => ({ url, key })));
      const child = spawn(process.execPath, ['--input-type=module', '-e', LOADER, keys], {
        env: { ...process.env, NODE_OPTIONS: '' },
      });
      loader = child;
      const said = nextFrom(child);
      said.catch(() => {});

      const took: number[] = [];
      for (let count = 0; count < CHANGES; count++) {
        const network = `203.0.${113 + (count >> 8)}.${count & 255}`;
        const changed = instances[count % 3] as SampleInstance;
        await changed.administer('POST', '/admin/bans', { network, reason: 'scanners' });
        const answered = performance.now();
        for (const instance of instances) while ((await instance.statusAt(network)) !== 403);
        took.push(performance.now() - answered);
      }
      child.stdin.end();
      const { answers, wrong } = JSON.parse(await said);
      expect([answers > CHANGES, wrong]).toEqual([true, []]);

      const sorted = took.toSorted((one, other) => one - other);
      const at = (share: number) => sorted[Math.ceil(share * CHANGES) - 1]?.toFixed(1);
      process.stdout.write(
        `${engine}: of ${CHANGES} changes, under ${answers} requests, all three held half within ${at(0.5)} ms of the answer, 99 % within ${at(0.99)} ms, all within ${at(1)} ms\n`,
      );
    },
    600_000,
  );
});
