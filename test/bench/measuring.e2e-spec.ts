import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AccessGuard, PortcullisError } from '@portcullis/auth';
import { figureOf, figureOfStarts, ratiosOf } from '../../bench/src/figures.js';
import { KeptConnections } from '../../bench/src/load/kept-connections.js';
import type { LoadPlan } from '../../bench/src/load/load-plan.js';
import { loadWindow } from '../../bench/src/load/load-window.js';
import { GuardedApp } from '../../bench/src/micro/guarded-app.js';
import { report } from '../../bench/src/report/tables.js';
import { judge } from '../../bench/src/report/targets.js';
import type { RequestRow, Results } from '../../bench/src/results.js';
import { rowsOf } from '../../bench/src/scenarios/measure-scenario.js';

const BARE_ROUNDS = [100, 400, 200];

const fullStack = (loaded: number, rounds: number[]) => ({
  name: 'Portcullis, ES256',
  contender: { kind: 'portcullis', loaded } as const,
  starts: [rounds],
});
const bareNest = { name: 'bare Nest', contender: { kind: 'bare' } as const, starts: [BARE_ROUNDS] };

describe('figures', () => {
  it('are the median of the rounds, with the least and the most of few', () => {
    expect(figureOf([5, 1, 9, 2, 3])).toEqual({ median: 3, low: 1, high: 9 });
    expect(figureOf([7])).toEqual({ median: 7, low: 7, high: 7 });
  });

  it('say of many between which two of them the median lies, whatever a few come to', () => {
    // The binomial distribution puts the median of sixty between the 22nd and the 39th, with a confidence of 95 %.
    const sixty = Array.from({ length: 60 }, (_, index) => (index === 0 ? 1e6 : index));
    expect(figureOf(sixty)).toEqual({ median: 31, low: 22, high: 39 });
  });

  it('hold the median of each start, however narrowly the values of all of them lie', () => {
    const start = (value: number) => Array.from({ length: 20 }, () => value);
    const starts = [start(1.5), start(1.5), start(1.6)];
    expect(figureOfStarts(starts)).toEqual({ median: 1.5, low: 1.5, high: 1.6 });
  });

  it('are compared round by round, because other work comes and goes', () => {
    expect(ratiosOf([110, 440, 220], BARE_ROUNDS)).toEqual([1.1, 1.1, 1.1]);
    expect(() => ratiosOf([1, 2], [1])).toThrow('rounds are compared one with one');
  });

  it('hold the ratio to bare Nest in the same round, not that of the medians', () => {
    // The medians are 200 and 300.
    const [, row] = rowsOf({ name: 'full' }, 'fastify', [bareNest, fullStack(0, [300, 440, 220])]);
    expect(row).toMatchObject({
      cpuMicrosPerRequest: { median: 300, low: 220, high: 440 },
      ratioToBare: { median: 1.1, low: 1.1, high: 3 },
    });
  });

  it('are refused where there is no bare Nest to compare with', () => {
    expect(() => rowsOf({ name: 'full' }, 'fastify', [fullStack(0, [1])])).toThrow('nobody to compare with');
  });
});

describe('targets', () => {
  const verdictOn = (rows: RequestRow[], what: string) => {
    const results: Results = {
      machine: { cpu: '', cores: 2, memoryGigabytes: 1, os: '' },
      versions: {},
      rows,
      micro: [],
      growth: [],
      boot: [],
      traffic: [],
    };
    return judge(results).find((verdict) => verdict.what === what);
  };
  const rowsWith = (...ours: ReturnType<typeof fullStack>[]) =>
    rowsOf({ name: 'full' }, 'express', [bareNest, ...ours]);

  it('are met up to their limit, and missed beyond', () => {
    const what = 'full stack, warm, express';
    expect(verdictOn(rowsWith(fullStack(0, [110, 440, 220])), what)).toMatchObject({
      measured: '1.10 × bare',
      isMet: true,
    });
    expect(verdictOn(rowsWith(fullStack(0, [112, 448, 224])), what)).toMatchObject({ isMet: false });
  });

  it('compare what is loaded with what is not in the same round', () => {
    const rows = rowsWith(fullStack(0, [110, 440, 220]), fullStack(1_000_000, [121, 484, 242]));
    expect(verdictOn(rows, 'full stack with 1,000,000 bans and revocations, express')).toMatchObject({
      measured: '1.10 × the same with none',
      isMet: false,
    });
  });

  it('say nothing about rounds that lie too far apart, of which the table gives no ratio', () => {
    // 1.1, 1.5 and 1.1 times bare Nest.
    const rows = rowsWith(fullStack(0, [110, 600, 220]));
    expect(verdictOn(rows, 'full stack, warm, express')).toMatchObject({ measured: undefined, isMet: false });
    const machine = { cpu: '', cores: 2, memoryGigabytes: 4, os: '' };
    const text = report({ machine, versions: {}, rows, micro: [], growth: [], boot: [], traffic: [] });
    expect(text).toContain('| too unsteady (1.10 to 1.50) |');
  });

  it('say nothing about what was not measured', () => {
    expect(verdictOn([], 'full stack, warm, express')).toMatchObject({ measured: undefined, isMet: false });
  });
});

describe('a guard that is asked without a server', () => {
  it('admits what is measured', async () => {
    const guarded = await GuardedApp.start();
    const [token, apiKey] = [(await guarded.tokens(1))[0], (await guarded.apiKeys(1))[0]];
    const guard = guarded.app.get(AccessGuard);
    expect(await guard.canActivate(guarded.context('both', { token, apiKey }))).toBe(true);
    expect(await guard.canActivate(guarded.context('user', { token }))).toBe(true);
    // Whoever waits for it learns of a refusal by the promise alone: nothing is thrown past them.
    await expect(guard.canActivate(guarded.context('both', { token }))).rejects.toThrow(PortcullisError);
    await guarded.close();
  });
});

describe('a window of load', () => {
  let server: Server | undefined;
  let kept = new KeptConnections();

  afterEach(() => {
    kept.close();
    kept = new KeptConnections();
    server?.close();
    server?.closeAllConnections();
    server = undefined;
  });

  const planFor = async (answer: RequestListener): Promise<LoadPlan> => {
    server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      requests: 40,
      connections: 4,
      algorithm: 'ES256',
      tokens: 'one',
      round: 0,
      apiKeys: 'none',
      isForwarded: false,
      knownApiKeys: [],
      expected: { status: 200, body: 'in' },
    };
  };

  it('is right when every answer is', async () => {
    const plan = await planFor((_, response) => response.end('in'));
    expect(await loadWindow(plan, [{}], kept)).toEqual({});
  });

  it('opens no connection that is open', async () => {
    const plan = await planFor((_, response) => response.end('in'));
    let opened = 0;
    server?.on('connection', () => opened++);
    for (let window = 0; window < 3; window++) await loadWindow(plan, [{}], kept);
    expect(opened).toBe(plan.connections);
  });

  it('sends each credential once where there are as many as requests', async () => {
    const seen: unknown[] = [];
    const plan = await planFor(({ headers }, response) => {
      seen.push(headers.authorization);
      response.end('in');
    });
    const headers = Array.from({ length: plan.requests }, (_, index) => ({
      Authorization: `Bearer ${index}`,
    }));
    expect(await loadWindow(plan, headers, kept)).toEqual({});
    expect(new Set(seen).size).toBe(plan.requests);
  });

  it.each<[string, RequestListener, RegExp]>([
    [
      'a wrong status',
      (_, response) => response.writeHead(401, { 'Content-Length': 2 }).end('in'),
      /times 401 instead of 200/,
    ],
    ['a wrong body', (_, response) => response.end('out'), /answers were without "in"/],
    [
      'an answer in pieces',
      (_, response) => response.writeHead(200).end('in'),
      /does not say how long it is/,
    ],
    ['a connection that breaks', ({ socket }) => socket.destroy(), /answered 0 of 40 requests/],
  ])('reports %s', async (_, answer, problem) => {
    const plan = await planFor(answer);
    expect((await loadWindow(plan, [{}], kept)).problem).toMatch(problem);
  });

  it('reports a single wrong answer among right ones', async () => {
    let count = 0;
    const plan = await planFor((_, response) => {
      response.statusCode = ++count === 17 ? 500 : 200;
      response.end('in');
    });
    expect((await loadWindow(plan, [{}], kept)).problem).toMatch(/times 200, 1 times 500 instead of 200/);
  });
});
