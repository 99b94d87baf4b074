import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { PortcullisModule } from '../../composition/portcullis.module.js';
import type { PortcullisOptions } from '../../composition/portcullis.options.js';
import { memoryStores, resolveOptions } from '../../composition/resolve-options.spec-support.js';
import type { SecurityEvent } from '../../events/security-event.js';
import { SecurityEvents } from '../../events/security-events.js';
import { SecurityLog } from '../../events/security-log.js';
import { type IpAddress, parseIpAddress } from '../../net/ip-address.js';
import { BanFeeds } from './ban-feeds.js';

type Feed = NonNullable<NonNullable<PortcullisOptions['bans']>['feeds']>[number];

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const START = Date.UTC(2030, 0, 1);
const LISTED = '192.0.2.1';
const OTHER = '192.0.2.2';

let now: number;
let server: Server;
let origin: string;
let answer: RequestListener;
/** Method, URL and headers of what was asked for, in order. */
let asked: { url: string; headers: NodeJS.Dict<string | string[]> }[];
let events: SecurityEvent[];
let running: BanFeeds[];
let logged: jest.SpiedFunction<Logger['debug']>;
let folder: string;
let path: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push({ url: request.url ?? '', headers: request.headers });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(async () => {
  logged = jest.spyOn(Logger.prototype, 'debug').mockImplementation(() => {});
  now = START;
  asked = [];
  events = [];
  running = [];
  answer = text(`${LISTED}\n`);
  folder = await mkdtemp(join(tmpdir(), 'portcullis-feeds-'));
  path = join(folder, 'list.txt');
});
afterEach(async () => {
  for (const feeds of running) await feeds.onModuleDestroy();
  jest.restoreAllMocks();
  jest.useRealTimers();
  await rm(folder, { recursive: true });
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const text =
  (body: string, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    void response.writeHead(200, headers).end(body);

function feedsOf(...feeds: Partial<Feed>[]): BanFeeds {
  const stores = memoryStores();
  const named = feeds.map((feed, index) => ({ name: `list-${index}`, source: `${origin}/list`, ...feed }));
  const stream = new SecurityEvents();
  stream.subscribe((event) => events.push(event));
  new SecurityLog({ accepted: false, log: true }, stream);
  const service = new BanFeeds(resolveOptions({ bans: { feeds: named }, now: () => now }, stores), stream);
  running.push(service);
  return service;
}
async function loaded(...feeds: Partial<Feed>[]): Promise<BanFeeds> {
  const service = feedsOf(...feeds);
  await service.onModuleInit();
  return service;
}
const find = (feeds: BanFeeds, address: string) => feeds.find(parseIpAddress(address) as IpAddress, now);
const isBanned = (feeds: BanFeeds, address: string) => find(feeds, address) !== undefined;
const LOADED = { type: 'ban-feed.loaded', feed: 'list-0', networks: 1, problems: 0 };

/** Until what goes on in the background has come so far. */
async function settled(condition: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition() && performance.now() < end) await new Promise((done) => setImmediate(done));
  expect(condition()).toBe(true);
}
function silenceWarnings() {
  return jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
}

describe('a feed', () => {
  it('is in force when the app starts', async () => {
    const feeds = await loaded({});
    expect(find(feeds, LISTED)).toMatchObject({ feed: 'list-0', network: `${LISTED}/32`, shadow: false });
    expect(isBanned(feeds, OTHER)).toBe(false);
    expect(events).toEqual([LOADED]);
    expect(logged.mock.calls).toEqual([['Loaded ban feed list-0: 1 networks, 0 problems']]);
    expect(feeds.status()).toEqual([
      {
        name: 'list-0',
        source: `${origin}/list`,
        shadow: false,
        networks: 1,
        loadedAt: START,
        problems: [],
        furtherProblems: 0,
      },
    ]);
  });

  it('may be a file, by its path or its URL', async () => {
    await writeFile(path, '192.0.2.0/24\nnobody\n');
    const feeds = await loaded({ source: path }, { source: pathToFileURL(path).href });
    expect(find(feeds, LISTED)).toMatchObject({ feed: 'list-0', network: '192.0.2.0/24' });
    for (const status of feeds.status()) {
      expect(status).toMatchObject({ source: path, networks: 1 });
      expect(status.problems).toEqual([{ line: 2, problem: 'neither an address nor a network: "nobody"' }]);
    }
    expect(events).toContainEqual({ ...LOADED, problems: 1 });
  });

  it('is there for an app that asks for it', async () => {
    const feeds = [{ name: 'list', source: `${origin}/list` }];
    const module = await Test.createTestingModule({
      imports: [PortcullisModule.forRoot({ bans: { feeds } })],
    }).compile();
    await module.init();
    expect(find(module.get(BanFeeds), LISTED)).toMatchObject({ feed: 'list' });
    await module.close();
    await module.get(BanFeeds).reload();
    expect(asked).toHaveLength(1);
  });

  it('is replaced as a whole', async () => {
    const feeds = await loaded({});
    answer = text(`${OTHER}\n`);
    await feeds.reload();
    expect([isBanned(feeds, LISTED), isBanned(feeds, OTHER)]).toEqual([false, true]);
    expect(events).toEqual([LOADED, LOADED]);
  });

  it('holds its entries until they end, or until the next load', async () => {
    const decision = { type: 'ban', scope: 'Ip', value: OTHER, duration: '1h' };
    answer = (request, response) =>
      text(request.url === '/list' ? LISTED : JSON.stringify([decision]))(request, response);
    const feeds = await loaded({}, { source: `${origin}/decisions` });
    now += HOUR - 1;
    expect([isBanned(feeds, LISTED), isBanned(feeds, OTHER)]).toEqual([true, true]);
    now += 1;
    expect([isBanned(feeds, LISTED), isBanned(feeds, OTHER)]).toEqual([true, false]);
    now += 1e6 * HOUR;
    expect(isBanned(feeds, LISTED)).toBe(true);
  });

  it('is what it is said to be', async () => {
    silenceWarnings();
    const feeds = await loaded({ format: 'crowdsec' });
    expect(isBanned(feeds, LISTED)).toBe(false);
    expect(feeds.status()[0]?.lastError).toBe(
      'nothing of it could be read; line 1: no JSON array: "192.0.2.1"',
    );
  });

  it('that is tried out bans nobody whom another one bans', async () => {
    answer = (request, response) =>
      text(request.url === '/list' ? LISTED : `${LISTED}\n${OTHER}`)(request, response);
    const trial = { name: 'trial', source: `${origin}/trial`, shadow: true };
    const feeds = await loaded(trial, {}, { ...trial, name: 'second-trial' });
    expect(find(feeds, LISTED)).toMatchObject({ feed: 'list-1', shadow: false });
    expect(find(feeds, OTHER)).toMatchObject({ feed: 'trial', shadow: true });
  });

  it('is loaded by its name alone', async () => {
    const feeds = await loaded({}, { name: 'other', source: `${origin}/other` });
    asked = [];
    await feeds.reload('other');
    expect(asked.map(({ url }) => url)).toEqual(['/other']);
    await expect(feeds.reload('unknown')).rejects.toThrow(TypeError);
  });
});

describe('a list that did not change is not read again', () => {
  it('from a server that names its version', async () => {
    const feeds = await loaded({});
    answer = text(LISTED, { ETag: '"v1"', 'Last-Modified': 'Tue, 01 Jan 2030 00:00:00 GMT' });
    await feeds.reload();
    answer = (request, response) => {
      const { 'if-none-match': etag, 'if-modified-since': since } = request.headers;
      const isSame = etag === '"v1"' && since === 'Tue, 01 Jan 2030 00:00:00 GMT';
      response.writeHead(isSame ? 304 : 500).end();
    };
    events = [];
    now += HOUR;
    await feeds.reload();
    expect(events).toEqual([]);
    expect(feeds.status()).toMatchObject([{ networks: 1, loadedAt: now }]);
    expect(isBanned(feeds, LISTED)).toBe(true);
  });

  it('from a file that was not written', async () => {
    await writeFile(path, LISTED);
    const feeds = await loaded({ source: path });
    await feeds.reload();
    expect(events).toEqual([LOADED]);

    await writeFile(`${path}.new`, OTHER);
    await rename(`${path}.new`, path);
    await feeds.reload();
    expect(events).toEqual([LOADED, LOADED]);
    expect([isBanned(feeds, LISTED), isBanned(feeds, OTHER)]).toEqual([false, true]);
  });

  it('nor do its durations begin anew when the app does', async () => {
    await writeFile(path, JSON.stringify([{ type: 'ban', scope: 'Ip', value: LISTED, duration: '4h' }]));
    await utimes(path, START / SECOND, START / SECOND);
    now += 3 * HOUR;
    const feeds = await loaded({ source: path });
    expect(isBanned(feeds, LISTED)).toBe(true);
    now += HOUR;
    expect(isBanned(feeds, LISTED)).toBe(false);
  });
});

describe('a feed that cannot be loaded', () => {
  const flood: RequestListener = (_, response) => void response.end(`${LISTED}\n`.repeat(200));

  it.each<[string, RegExp, RequestListener]>([
    ['answers an error', /^the answer was 503$/, (_, response) => response.writeHead(503).end(OTHER)],
    ['answers a part', /^the answer was 206$/, (_, response) => response.writeHead(206).end(OTHER)],
    ['answers 304 unasked', /^the answer was 304$/, (_, response) => response.writeHead(304).end()],
    ['answers too much', /^more than 1000 bytes were answered$/, flood],
    ['compresses', /^the answer is compressed$/, text(OTHER, { 'Content-Encoding': 'gzip' })],
    ['hangs up', /^fetch failed \(/, (_, response) => response.destroy()],
    [
      'answers half of it',
      /terminated|fetch failed/,
      (_, response) => void response.write(OTHER, () => response.destroy()),
    ],
    [
      'redirects in circles',
      /^it was redirected more than 5 times$/,
      (_, response) => response.writeHead(302, { Location: '/again' }).end(),
    ],
    [
      'redirects to plain http',
      /^it was redirected to what is no https URL$/,
      (_, response) => response.writeHead(301, { Location: 'http://192.0.2.80/' }).end(),
    ],
    [
      'redirects to a file',
      /^it was redirected to what is no https URL$/,
      (_, response) => response.writeHead(307, { Location: 'file:///etc/hosts' }).end(),
    ],
    ['redirects nowhere', /^the answer was 302$/, (_, response) => response.writeHead(302).end()],
    [
      'answers HTML',
      /^nothing of it could be read; line 1: neither an address nor a network: "<html>"$/,
      text('<html>\n</html>'),
    ],
    ['answers nothing any more', /^it is empty, and was not before$/, text('# none\n')],
  ])('because its server %s, leaves the last one in force', async (_, reason, misbehave) => {
    const warned = silenceWarnings();
    const feeds = await loaded({ maxBytes: 1_000 });
    answer = misbehave;
    events = [];
    now += HOUR;
    await feeds.reload();
    expect(events).toEqual([
      { type: 'ban-feed.failed', feed: 'list-0', reason: expect.stringMatching(reason) },
    ]);
    expect(warned).toHaveBeenCalledTimes(1);
    expect(feeds.status()).toMatchObject([
      { networks: 1, loadedAt: START, lastError: expect.stringMatching(reason) },
    ]);
    expect([isBanned(feeds, LISTED), isBanned(feeds, OTHER)]).toEqual([true, false]);

    answer = text(OTHER);
    await feeds.reload();
    expect([isBanned(feeds, LISTED), isBanned(feeds, OTHER)]).toEqual([false, true]);
    expect(feeds.status()[0]).not.toHaveProperty('lastError');
  });

  it.each<[string, RegExp, () => Promise<string>]>([
    ['is missing', /ENOENT/, async () => path],
    ['is a folder', /^it is no regular file$/, async () => folder],
    ['never ends', /^it is no regular file$/, async () => '/dev/zero'],
    [
      'is too big',
      /^the file has more than 1000 bytes$/,
      async () => writeFile(path, `${LISTED}\n`.repeat(200)).then(() => path),
    ],
  ])('because its file %s, does not keep the app from starting', async (_, reason, make) => {
    silenceWarnings();
    const feeds = await loaded({ source: await make(), maxBytes: 1_000 }, {});
    expect(find(feeds, LISTED)).toMatchObject({ feed: 'list-1' });
    expect(feeds.status()[0]?.lastError).toMatch(reason);
  });

  it('in time is given up', async () => {
    silenceWarnings();
    const limit = new AbortController();
    const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(limit.signal);
    answer = (_, response) =>
      void response.write(`${LISTED}\n`, () => limit.abort(new DOMException('', 'TimeoutError')));
    const feeds = await loaded({});
    expect(timeout).toHaveBeenCalledWith(30_000);
    expect(feeds.status()[0]?.lastError).toBe('it took more than 30 s');
  });

  it('but is over anyway may become empty', async () => {
    const list = (duration: string) =>
      JSON.stringify([{ type: 'ban', scope: 'Ip', value: LISTED, duration }]);
    answer = text(list('1h'));
    const feeds = await loaded({});
    answer = text('null');
    now += HOUR;
    await feeds.reload();
    expect(events).toEqual([LOADED, { ...LOADED, networks: 0 }]);
  });
});

describe('where a feed is', () => {
  it('may change by redirects, and the credentials stay at home', async () => {
    const elsewhere: string[] = [];
    const other = createServer((request, response) => {
      elsewhere.push(`${request.url} ${request.headers.authorization}`);
      response.end(OTHER);
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    answer = (request, response) =>
      request.url === '/list?token=hunter3'
        ? response.writeHead(302, { Location: '/moved' }).end()
        : response.writeHead(302, { Location: `http://127.0.0.1:${port}/there` }).end();
    const feeds = await loaded({ source: `${origin.replace('//', '//ann:hunter%202@')}/list?token=hunter3` });
    other.closeAllConnections();
    await new Promise((resolve) => other.close(resolve));
    expect(isBanned(feeds, OTHER)).toBe(true);
    const basic = `Basic ${Buffer.from('ann:hunter 2').toString('base64')}`;
    expect(asked.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/list?token=hunter3', basic],
      ['/moved', basic],
    ]);
    expect(elsewhere).toEqual(['/there undefined']);
  });

  it('may not lead from elsewhere to this machine', async () => {
    silenceWarnings();
    const redirect = { status: 302, headers: { Location: `${origin}/list` } };
    const fetched = jest.spyOn(globalThis, 'fetch').mockResolvedValue(new Response(null, redirect));
    const feeds = await loaded({ source: 'https://lists.example/list' });
    expect(fetched).toHaveBeenCalledTimes(1);
    expect(feeds.status()[0]?.lastError).toBe('it was redirected to what is no https URL');
  });

  it.each<[string, RequestListener | undefined]>([
    ['refuses', (_, response) => response.writeHead(403).end()],
    [
      'redirects',
      (request, response) => response.writeHead(302, { Location: `ftp://x${request.url}` }).end(),
    ],
    ['hangs up', (_, response) => response.destroy()],
    ['is down', undefined],
  ])('is reported without its secrets when its server %s', async (_, misbehave) => {
    const warned = silenceWarnings();
    if (misbehave) answer = misbehave;
    // Nobody listens on port 1.
    const home = misbehave ? origin : 'http://127.0.0.1:1';
    const feeds = await loaded({
      source: `${home.replace('//', '//ann:hunter2@')}/list?token=hunter2#hunter2`,
    });
    expect(warned).toHaveBeenCalledTimes(1);
    expect(feeds.status()).toMatchObject([{ source: `${home}/list`, lastError: expect.any(String) }]);
    expect(JSON.stringify([events, feeds.status(), warned.mock.calls])).not.toMatch(/hunter|ann/);
  });
});

describe('the schedule', () => {
  const fakeTimers = () =>
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance', 'Date'] });

  it('asks again, also after a failure, until the app is closed', async () => {
    silenceWarnings();
    fakeTimers();
    const feeds = await loaded({ reloadSeconds: 10 });
    answer = (_, response) => response.writeHead(503).end();
    jest.advanceTimersByTime(9_999);
    expect(events).toHaveLength(1);
    jest.advanceTimersByTime(1);
    await settled(() => events.length === 2);
    answer = text(OTHER);
    await settled(() => jest.getTimerCount() > 0);
    jest.advanceTimersByTime(10_000);
    await settled(() => isBanned(feeds, OTHER));

    await feeds.onModuleDestroy();
    const requests = asked.length;
    jest.advanceTimersByTime(1_000_000);
    await feeds.reload();
    expect(asked).toHaveLength(requests);
  });

  it('does not keep the process alive, and is forgotten when the app is closed', async () => {
    const set = jest.spyOn(globalThis, 'setTimeout');
    const clear = jest.spyOn(globalThis, 'clearTimeout');
    const feeds = await loaded({ reloadSeconds: 77 });
    const [timer, ...others] = set.mock.results.filter((_, index) => set.mock.calls[index]?.[1] === 77_000);
    expect(others).toEqual([]);
    expect((timer!.value as NodeJS.Timeout).hasRef()).toBe(false);
    await feeds.onModuleDestroy();
    expect(clear).toHaveBeenCalledWith(timer?.value);
  });

  it('ends in the midst of a fetch, which is no failure', async () => {
    const warned = silenceWarnings();
    const feeds = await loaded({});
    let isClosed = false;
    answer = (_, response) => {
      response.once('close', () => {
        isClosed = true;
      });
      response.write(`${OTHER}\n`);
    };
    const reloading = feeds.reload();
    await settled(() => asked.length === 2);
    await feeds.onModuleDestroy();
    await reloading;
    await settled(() => isClosed);
    expect(events).toEqual([LOADED]);
    expect(warned).not.toHaveBeenCalled();
    expect(isBanned(feeds, LISTED)).toBe(true);
  });

  it('runs one load of a feed after the other', async () => {
    const feeds = await loaded({});
    let open = 0;
    let most = 0;
    answer = (_, response) => {
      most = Math.max(most, ++open);
      setImmediate(() => {
        open--;
        response.end(LISTED);
      });
    };
    await Promise.all([feeds.reload(), feeds.reload('list-0'), feeds.reload()]);
    expect([asked.length, most]).toEqual([4, 1]);
  });

  it('leaves requests their turn while a long list is read', async () => {
    // Without input and output, so that the turns are those that are left.
    const list = new Response(`${'\n'.repeat(1_000_000)}${LISTED}`);
    jest.spyOn(globalThis, 'fetch').mockResolvedValue(list);
    const feeds = feedsOf({});
    let turns = 0;
    let isReading = true;
    const count = () => {
      turns++;
      if (isReading) setImmediate(count);
    };
    setImmediate(count);
    await feeds.onModuleInit();
    isReading = false;
    expect(isBanned(feeds, LISTED)).toBe(true);
    expect(turns).toBeGreaterThan(400);
  });
});
