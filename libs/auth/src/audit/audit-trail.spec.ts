import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Ban } from '../bans/ban.store.js';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { EVENTS, emit, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import type { RequestFacts, SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { Shutdown } from '../shutdown/shutdown.js';
import { MemoryAuditStore } from '../stores/memory/memory-audit.store.js';
import type { AuditEntry } from './audit.store.js';
import { AuditTrail } from './audit-trail.js';

const START = Date.UTC(2030, 0, 1);
const GATHER = 100;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const REQUEST: RequestFacts = { requestId: 'r1', method: 'GET', path: '/', address: '192.0.2.1' };
const REFUSAL: SecurityEvent = {
  type: 'request.refused',
  request: REQUEST,
  code: 'invalid_token',
  status: 401,
  reason: 'expired',
};
const KEY_MADE = (keyId: string): SecurityEvent => ({ type: 'api-key.created', keyId, actor: 'root' });

/** Keeps what it is given, and can fail, throw or take its time. */
class WatchedStore extends MemoryAuditStore {
  readonly writes: (readonly AuditEntry[])[] = [];
  readonly prunings: number[] = [];
  fault: 'rejects' | 'throws' | undefined;
  /** An entry that is never taken. */
  poison: string | undefined;
  held: Promise<void> | undefined;
  calls = 0;

  override append(entries: readonly AuditEntry[]): Promise<void> {
    this.calls++;
    if (this.fault === 'throws') throw new Error('not connected');
    return this.#append(entries);
  }

  override prune(before: number): Promise<number> {
    this.prunings.push(before);
    if (this.fault === 'throws') throw new Error('not connected');
    return this.fault ? Promise.reject(new Error('connection refused')) : super.prune(before);
  }

  get written(): AuditEntry[] {
    return this.writes.flat();
  }

  async #append(entries: readonly AuditEntry[]): Promise<void> {
    await this.held;
    if (this.fault !== undefined) throw new Error('connection refused');
    if (entries.some(({ keyId }) => keyId !== null && keyId === this.poison)) throw new Error('refused');
    this.writes.push(entries);
    await super.append(entries);
  }
}

let store: WatchedStore;
let events: SecurityEvents;
let audit: AuditTrail;
let now: number;
let shutdown: Shutdown;
let warn: jest.SpiedFunction<Logger['warn']>;
let error: jest.SpiedFunction<Logger['error']>;

async function stop(): Promise<void> {
  await shutdown.writeRest();
  shutdown.end();
}

function begin(options: PortcullisOptions['audit'] = {}, kept: WatchedStore | null = store): void {
  const stores = memoryStores();
  const given = { audit: options, stores: kept === null ? {} : { audit: kept }, now: () => now };
  events = new SecurityEvents();
  shutdown = new Shutdown();
  audit = new AuditTrail(resolveOptions(given as PortcullisOptions, stores), events, EVENTS, shutdown);
  audit.onModuleInit();
}

beforeEach(() => {
  jest.useFakeTimers({ now: START });
  now = START;
  warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  store = new WatchedStore();
  begin();
});
afterEach(() => {
  expect(jest.getTimerCount()).toBeLessThanOrEqual(2);
  jest.useRealTimers();
  warn.mockRestore();
  error.mockRestore();
});

const pass = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);
const emitMany = (count: number, event: SecurityEvent = REFUSAL) => {
  for (let index = 0; index < count; index++) emit(events, event);
};
const countsOf = (entry: AuditEntry | undefined) => entry?.facts.counts;

describe('an event', () => {
  it('is written a tenth of a second later, together with what comes meanwhile', async () => {
    emit(events, KEY_MADE('k1'));
    await pass(GATHER - 1);
    emit(events, REFUSAL);
    expect(store.writes).toEqual([]);
    await pass(1);
    expect(store.writes).toMatchObject([[{ type: 'api-key.created' }, { type: 'request.refused' }]]);
  });

  it('is written at its own time, whatever the clock does, and each under its own id in the order it came', async () => {
    for (const time of [START, START, START - DAY, START - DAY, START + DAY]) {
      now = time;
      emit(events, KEY_MADE(`k${time}`));
    }
    await pass(GATHER);
    expect(store.written.map(({ at }) => at)).toEqual([START, START, START - DAY, START - DAY, START + DAY]);
    const ids = store.written.map(({ id }) => id);
    expect(new Set(ids).size).toBe(5);
    expect(ids[1]! > ids[0]! && ids[0]! > ids[3]! && ids[3]! > ids[2]! && ids[4]! > ids[1]!).toBe(true);
  });

  it('that is not to be kept is not, nor is one that is a proposal only', async () => {
    emit(events, { type: 'request.accepted', request: REQUEST });
    emit(events, { type: 'ban.proposed', proposal: {} as never });
    await pass(MINUTE / 2);
    expect(store.calls).toBe(0);
    begin({ events: ['request.accepted'] });
    emit(events, { type: 'request.accepted', request: REQUEST });
    emit(events, REFUSAL);
    await pass(GATHER);
    expect(store.written.map(({ type }) => type)).toEqual(['request.accepted']);
  });

  it('is written in batches, in order, with nothing lost', async () => {
    begin({ maxFloodPerMinute: 10_000 });
    for (let index = 0; index < 1_000; index++) emit(events, KEY_MADE(`k${index}`));
    await pass(GATHER);
    expect(store.writes.map(({ length }) => length)).toEqual([200, 200, 200, 200, 200]);
    expect(store.written.map(({ keyId }) => keyId)).toEqual(Array.from({ length: 1_000 }, (_, i) => `k${i}`));
  });

  it('is seen by whoever lists, also when it has only just come', async () => {
    emit(events, KEY_MADE('k1'));
    expect((await audit.list())?.entries).toMatchObject([{ keyId: 'k1' }]);
  });
});

describe('without a store', () => {
  it('nobody listens, nothing is timed, and there is no log to list', async () => {
    jest.clearAllTimers();
    const listen = jest.spyOn(SecurityEvents.prototype, 'subscribe');
    begin({}, null);
    emitMany(10);
    expect(listen).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
    expect(await audit.list()).toBeUndefined();
    await stop();
    listen.mockRestore();
  });
});

describe.each(['rejects', 'throws'] as const)('a store that %s', (fault) => {
  it('disturbs nobody, is logged once, and gets everything once it is back', async () => {
    store.fault = fault;
    emit(events, KEY_MADE('k1'));
    await pass(GATHER);
    emitMany(3, KEY_MADE('k2'));
    await pass(MINUTE / 2);
    expect(store.written).toEqual([]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toMatch(/^The audit log could not be written: stores.audit: Error/);
    expect(store.calls).toBeLessThan(15);
    store.fault = undefined;
    await pass(MINUTE);
    expect(store.written.map(({ keyId }) => keyId).toSorted()).toEqual(['k1', 'k2', 'k2', 'k2']);
    expect(error).not.toHaveBeenCalled();
  });

  it('is pruned all the same when it is back', async () => {
    store.fault = fault;
    await pass(MINUTE);
    store.fault = undefined;
    await pass(HOUR);
    expect(store.prunings).toHaveLength(2);
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/^Old entries .* could not be forgotten/)]]);
  });
});

describe('a store that answers with an error although it has written', () => {
  it('has every entry once', async () => {
    const append = store.append.bind(store);
    store.append = async (entries) => {
      await append(entries);
      store.append = append;
      throw new Error('connection lost');
    };
    emitMany(5, KEY_MADE('k1'));
    await pass(MINUTE);
    expect(store.written.length).toBeGreaterThan(5);
    expect((await store.list({ limit: 100 })).length).toBe(5);
  });
});

describe('an entry that the store never takes', () => {
  it('costs no other', async () => {
    store.poison = 'k300';
    for (let index = 0; index < 600; index++) emit(events, KEY_MADE(`k${index}`));
    await pass(10 * MINUTE);
    expect(new Set(store.written.map(({ keyId }) => keyId)).size).toBe(599);
  });

  it('costs no other at a shutdown either', async () => {
    store.poison = 'k0';
    for (let index = 0; index < 300; index++) emit(events, KEY_MADE(`k${index}`));
    await stop();
    expect(store.written.length).toBeGreaterThan(250);
  });
});

describe('a flood while the store hangs', () => {
  let release: () => void;
  beforeEach(() => {
    store.held = new Promise((resolve) => {
      release = resolve;
    });
  });

  it('leaves room for what people decide, and is reported as one entry and one line', async () => {
    begin({ maxWaiting: 1_000, maxFloodPerMinute: 1_000_000 });
    emitMany(1);
    await pass(GATHER);
    emitMany(100_000);
    for (let index = 0; index < 500; index++) emit(events, KEY_MADE(`k${index}`));
    emitMany(100_000);
    expect(store.calls).toBe(1);
    release();
    await pass(2 * MINUTE);
    const ofType = (type: string) => store.written.filter((entry) => entry.type === type);
    expect(ofType('api-key.created')).toHaveLength(500);
    expect(ofType('request.refused')).toHaveLength(500);
    expect(ofType('audit.dropped').map(countsOf)).toEqual([{ 'request.refused': 199_501 }]);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('of decisions is bounded too, and keeps the first', async () => {
    begin({ maxWaiting: 100 });
    for (let index = 0; index < 150; index++) emit(events, KEY_MADE(`k${index}`));
    release();
    await pass(2 * MINUTE);
    expect(store.written.slice(0, 100).map(({ keyId }) => keyId)).toEqual(
      Array.from({ length: 100 }, (_, index) => `k${index}`),
    );
    expect(store.written.slice(100).map(countsOf)).toEqual([{ 'api-key.created': 50 }]);
  });

  it('of bans by rules gives way to a ban by a person', async () => {
    begin({ maxWaiting: 100 });
    const banned = (rule: string | null) =>
      ({ type: 'address.banned', ban: { network: '203.0.113.7/32', rule } as Ban }) as const;
    emitMany(100, banned('probing'));
    emit(events, banned(null));
    release();
    await pass(2 * MINUTE);
    expect(store.written[0]?.facts).toMatchObject({ ban: { rule: null } });
    expect(countsOf(store.written.at(-1))).toEqual({ 'address.banned': 1 });
  });

  it('takes a bounded piece of memory', async () => {
    begin({ maxFloodPerMinute: 1_000_000 });
    const request = { ...REQUEST, path: `/${'x'.repeat(1_000_000)}` };
    emitMany(1);
    await pass(GATHER);
    for (let index = 0; index < 100_000; index++) emit(events, { ...REFUSAL, request } as SecurityEvent);
    release();
    await stop();
    expect(store.written).toHaveLength(10_001);
    expect(JSON.stringify(store.written).length).toBeLessThan(20_000_000);
  });
});

describe('more than so many a minute', () => {
  it('are only counted, each type by itself, and decisions never', async () => {
    begin({ maxFloodPerMinute: 10 });
    emitMany(50);
    emitMany(12, { type: 'token.issued', subject: 'ann', tokenId: 't' });
    emitMany(50, KEY_MADE('k1'));
    await pass(MINUTE);
    expect(store.written).toHaveLength(70 + 1);
    expect(countsOf(store.written.at(-1))).toEqual({ 'request.refused': 40, 'token.issued': 2 });
    emitMany(50);
    await pass(MINUTE);
    expect(store.written).toHaveLength(71 + 11);
    expect(countsOf(store.written.at(-1))).toEqual({ 'request.refused': 40 });
  });
});

describe('more than so many a minute, of whoever it is,', () => {
  const refusalOf = (request: Partial<RequestFacts>): SecurityEvent =>
    ({ ...REFUSAL, request: { ...REQUEST, ...request } }) as SecurityEvent;
  const ofSubject = (subject: string) => store.written.filter((entry) => entry.subject === subject);

  it('take nothing from who has proven who they are', async () => {
    begin({ maxFloodPerMinute: 10 });
    emitMany(5_000);
    emitMany(5_000, refusalOf({ keyId: 'a-key-that-is-only-named' }));
    emit(events, refusalOf({ subject: 'ann', requestId: 'of-ann' }));
    emit(events, refusalOf({ appId: 'depot', requestId: 'of-depot' }));
    await pass(MINUTE);
    expect(store.written.map(({ requestId }) => requestId)).toEqual(
      expect.arrayContaining(['of-ann', 'of-depot']),
    );
    expect(countsOf(store.written.at(-1))).toEqual({ 'request.refused': 9_990 });
  });

  it('take little from others who have proven who they are, and their first from nobody', async () => {
    begin();
    for (let caller = 0; caller < 100; caller++) emitMany(1_000, refusalOf({ subject: `flooder ${caller}` }));
    emitMany(20, refusalOf({ subject: 'ann' }));
    await pass(MINUTE);
    expect(ofSubject('ann').length).toBeGreaterThanOrEqual(10);
    const kept = store.written.filter(({ type }) => type === 'request.refused').length;
    expect(kept).toBeLessThanOrEqual(10_000);
  });

  it('are as many of one alone, who is not in the way of the next minute', async () => {
    begin();
    for (let minute = 1; minute <= 2; minute++) {
      emitMany(2_000, refusalOf({ subject: 'ann' }));
      await pass(MINUTE);
      expect(ofSubject('ann')).toHaveLength(minute * 1_000);
    }
  });

  it('give way to them while the store hangs, and they to what people decide', async () => {
    let release = () => {};
    store.held = new Promise((resolve) => {
      release = resolve;
    });
    begin({ maxWaiting: 100, maxFloodPerMinute: 1_000 });
    emitMany(100);
    emitMany(60, refusalOf({ subject: 'ann' }));
    for (let index = 0; index < 50; index++) emit(events, KEY_MADE(`k${index}`));
    emitMany(10);
    release();
    await pass(2 * MINUTE);
    expect(ofSubject('ann')).toHaveLength(50);
    expect(store.written.filter(({ type }) => type === 'api-key.created')).toHaveLength(50);
    expect(countsOf(store.written.at(-1))).toEqual({ 'request.refused': 120 });
  });

  it('are of the same kind where a real credential leaks again and again', async () => {
    begin({ maxFloodPerMinute: 10 });
    const leak = { type: 'credential.leaked', leak: 'url', credential: 'api-key', request: REQUEST } as const;
    emitMany(50, { ...leak, id: 'k1' });
    emitMany(1, { ...leak, id: 'k2' });
    emitMany(50, leak);
    emitMany(50, { ...leak, leak: 'report', id: 'k3' });
    await pass(MINUTE);
    const ofKey = (keyId: string | null) => store.written.filter((entry) => entry.keyId === keyId).length;
    // The entry of what was dropped has no key either.
    expect([ofKey('k1'), ofKey('k2'), ofKey(null), ofKey('k3')]).toEqual([10, 1, 11, 50]);
  });
});

describe('old entries', () => {
  it('are forgotten a minute after the start, and then once an hour, however much is written', async () => {
    begin({ retentionDays: 30 });
    store.prunings.length = 0;
    jest.clearAllTimers();
    audit.onModuleInit();
    await store.append(
      [30, 31]
        .map((days) => ({ id: `e${days}`, at: START - days * DAY, keyId: null }) as AuditEntry)
        .map((entry) => ({ ...entry, facts: {} })),
    );
    for (let minute = 0; minute < 120; minute++) {
      emit(events, KEY_MADE('k1'));
      await pass(MINUTE);
    }
    expect(store.prunings).toEqual([START - 30 * DAY, START - 30 * DAY]);
    expect((await store.list({ until: START, limit: 10 })).map(({ id }) => id)).toEqual(['e30']);
  });
});

describe('a shutdown', () => {
  it('writes what is left, and what was dropped, and leaves no timer', async () => {
    jest.clearAllTimers();
    begin({ maxFloodPerMinute: 1 });
    emitMany(3);
    await stop();
    expect(store.written.map(({ type }) => type)).toEqual(['audit.dropped', 'request.refused']);
    expect(jest.getTimerCount()).toBe(0);
    emit(events, REFUSAL);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('waits for a write under way, and for what came after it', async () => {
    let release = () => {};
    store.held = new Promise((resolve) => {
      release = resolve;
    });
    emit(events, KEY_MADE('k1'));
    await pass(GATHER);
    emit(events, KEY_MADE('k2'));
    const over = stop();
    release();
    await over;
    expect(store.written.map(({ keyId }) => keyId)).toEqual(['k1', 'k2']);
  });

  it.each(['rejects', 'throws'] as const)(
    'is not held up by a store that %s, and says what is lost',
    async (fault) => {
      store.fault = fault;
      emitMany(5);
      await stop();
      expect(error.mock.calls).toEqual([['5 entries of the audit log could not be written, and are lost']]);
    },
  );

  it('waits five seconds for a store that hangs, and says what is lost', async () => {
    jest.clearAllTimers();
    store.held = new Promise(() => {});
    emitMany(5);
    let isOver = false;
    const over = stop().then(() => {
      isOver = true;
    });
    await pass(4_999);
    expect(isOver).toBe(false);
    await pass(1);
    await over;
    expect(error.mock.calls).toEqual([
      ['The audit log could not be written in time'],
      ['5 entries of the audit log could not be written, and are lost'],
    ]);
  });
});
