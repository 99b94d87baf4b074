import { EventEmitter } from 'node:events';
import { IncomingMessage, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { jest } from '@jest/globals';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { CredentialSchemes } from '../credentials/credential-schemes.js';
import { PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import { ClientIp } from '../net/client-ip.js';
import { type IpNetwork, parseIpNetwork } from '../net/ip-address.js';
import { Replicator } from '../replication/replicator.js';
import { RequestContext } from '../request/request-context.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { MemoryBanStore } from '../stores/memory/memory-ban.store.js';
import { AccountAttempts } from './account-attempts.js';
import { Attempts } from './attempts.js';
import { BanCheck } from './ban-check.js';
import { BanExemptions } from './ban-exemptions.js';
import { BanService } from './ban-service.js';
import { BanFeeds } from './lists/ban-feeds.js';
import { Origins } from './origins/origins.js';
import { RefusedOrigins } from './origins/refused-origins.js';
import { ProvenGuests } from './proven-guests.js';
import { StrikeJudge } from './strike-judge.js';
import { StrikeLedger } from './strike-ledger.js';

const SECOND = 1_000;
const OFFICE = '203.0.113.7';

let attempts: Attempts;
let bans: BanService;
let ledger: StrikeLedger;
let clientIp: ClientIp;
let lifecycle: RequestLifecycle;

beforeEach(() => {
  jest.useFakeTimers();
  const options = resolveOptions({}, memoryStores({ bans: new MemoryBanStore() }));
  const events = new SecurityEvents();
  const exemptions = new BanExemptions(options);
  const replicator = new Replicator(options, events, CHANGES);
  bans = new BanService(options, events, replicator);
  clientIp = new ClientIp(options);
  lifecycle = new RequestLifecycle(options, clientIp, events);
  const guests = new ProvenGuests(options);
  ledger = new StrikeLedger(options, events, exemptions, bans, guests);
  const schemes = new CredentialSchemes([]);
  const judge = new StrikeJudge(
    ...([options, events, exemptions, ledger, schemes, bans, lifecycle, new Origins(options)] as const),
  );
  const banCheck = new BanCheck(
    options,
    bans,
    new BanFeeds(options, events),
    exemptions,
    new RefusedOrigins(options, new Origins(options)),
    guests,
    events,
  );
  attempts = new Attempts(
    options,
    judge,
    ledger,
    banCheck,
    new AccountAttempts(ledger, exemptions, events),
    lifecycle,
  );
});
afterEach(() => {
  jest.useRealTimers();
});

function requestFrom(address: string, username = 'ada'): RequestContext {
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: address });
  const request = Object.assign(new IncomingMessage(socket), {
    ...{ method: 'POST', url: '/login' },
    body: { username },
  });
  const context = RequestContext.begin(request, clientIp);
  context.handOver(request);
  context.countForStrikes();
  context.meet({
    handler: 'Auth.login',
    traits: { strikes: [{ event: 'login_failed', statuses: [401], subject: 'username' }] },
  });
  return context;
}

/** Its client goes, before there is an answer. */
function leave(request: RequestContext): void {
  const response = Object.assign(new EventEmitter(), { end: () => undefined });
  lifecycle.settleAtTheEnd(request, response as unknown as ServerResponse);
  response.emit('close');
}

/** Ten attempts, as many as an address has. */
function beginTen(): RequestContext[] {
  const requests = Array.from({ length: 10 }, () => requestFrom(OFFICE));
  for (const request of requests) expect(attempts.begin(request)).toBeUndefined();
  return requests;
}

describe('attempts at what a handler decides', () => {
  it('wait in turn, and go on when one before them has ended well', async () => {
    const [first] = beginTen();
    const order: string[] = [];
    const waiting = ['a', 'b'].map(async (name) => {
      await attempts.begin(requestFrom(OFFICE));
      order.push(name);
    });
    await jest.advanceTimersByTimeAsync(SECOND);
    expect(order).toEqual([]);
    lifecycle.settle(first as RequestContext, 200);
    await jest.advanceTimersByTimeAsync(0);
    expect(order).toEqual(['a']);
    void Promise.allSettled(waiting);
  });

  it('overtake nobody from their network, though there is room again', async () => {
    const running = beginTen();
    lifecycle.settle(running[0] as RequestContext, 401);
    const order: string[] = [];
    const wait = async (name: string) => {
      await attempts.begin(requestFrom(OFFICE));
      order.push(name);
    };
    const waiting = [wait('a')];
    await ledger.forget(parseIpNetwork(OFFICE) as IpNetwork);
    waiting.push(wait('b'));
    await jest.advanceTimersByTimeAsync(SECOND);
    expect(order).toEqual([]);
    for (const request of running.slice(1, 3)) lifecycle.settle(request, 200);
    await Promise.all(waiting);
    expect(order).toEqual(['a', 'b']);
  });

  it('do not begin where they were slowed down, and their network was banned meanwhile', async () => {
    for (const request of beginTen()) leave(request);
    const refused = Promise.resolve(attempts.begin(requestFrom('198.51.100.1'))).catch(({ code }) => code);
    await bans.ban('198.51.100.1', { reason: 'spec' });
    await jest.advanceTimersByTimeAsync(20 * SECOND);
    expect(await refused).toBe('address_banned');
  });

  it('are refused when their turn does not come', async () => {
    beginTen();
    const refused = Promise.resolve(attempts.begin(requestFrom(OFFICE))).catch(({ code }) => code);
    await jest.advanceTimersByTimeAsync(20 * SECOND);
    expect(await refused).toBe('too_many_attempts');
  });

  it('hold up others for as long as their clients are there, however long that is', async () => {
    beginTen();
    await jest.advanceTimersByTimeAsync(600 * SECOND);
    expect(attempts.begin(requestFrom(OFFICE))).toBeInstanceOf(Promise);
  });

  it('hold up nobody once their clients have gone, though nothing ends them', async () => {
    const requests = beginTen();
    for (const request of requests) leave(request);
    await jest.advanceTimersByTimeAsync(4 * SECOND);
    expect(attempts.begin(requestFrom('198.51.100.1'))).toBeInstanceOf(Promise);
    await jest.advanceTimersByTimeAsync(SECOND);
    expect(attempts.begin(requestFrom(OFFICE))).toBeUndefined();
    expect(attempts.begin(requestFrom('198.51.100.2'))).toBeUndefined();
  });

  it('make room when their clients go while they wait, and do not begin after that', async () => {
    const [first] = beginTen();
    const [gone, staying] = [requestFrom(OFFICE), requestFrom(OFFICE)];
    const refused = Promise.resolve(attempts.begin(gone)).catch(({ code }) => code);
    const admitted = attempts.begin(staying);
    leave(gone);
    expect(await refused).toBe('too_many_attempts');
    lifecycle.settle(first as RequestContext, 200);
    await admitted;
    const late = requestFrom('198.51.100.1', 'bob');
    leave(late);
    expect(() => attempts.begin(late)).toThrow(PortcullisError);
  });

  it('wait for no app that stops', async () => {
    beginTen();
    const refused = Promise.resolve(attempts.begin(requestFrom(OFFICE))).catch(({ code }) => code);
    attempts.beforeApplicationShutdown();
    expect(await refused).toBe('temporarily_unavailable');
  });

  it('begin once, however many guards ask', () => {
    const requests = beginTen();
    for (const request of requests) expect(attempts.begin(request)).toBeUndefined();
  });
});
