import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { jest } from '@jest/globals';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import { ClientIp } from '../net/client-ip.js';
import { Replicator } from '../replication/replicator.js';
import { RequestContext } from '../request/request-context.js';
import { MemoryBanStore } from '../stores/memory/memory-ban.store.js';
import { AccountAttempts } from './account-attempts.js';
import { BanExemptions } from './ban-exemptions.js';
import { BanService } from './ban-service.js';
import { ProvenGuests } from './proven-guests.js';
import { StrikeLedger } from './strike-ledger.js';

const SECOND = 1_000;
const HOME = '198.51.100.1';

let attempts: AccountAttempts;
let strangers: number;
let events: SecurityEvents;

beforeEach(() => {
  jest.useFakeTimers();
  const options = resolveOptions({}, memoryStores({ bans: new MemoryBanStore() }));
  events = new SecurityEvents();
  const exemptions = new BanExemptions(options);
  const bans = new BanService(options, events, new Replicator(options, events, CHANGES));
  attempts = new AccountAttempts(
    new StrikeLedger(options, events, exemptions, bans, new ProvenGuests(options)),
    exemptions,
    events,
  );
  strangers = 0;
});
afterEach(() => {
  jest.useRealTimers();
});

const stranger = () => `203.0.113.${++strangers}`;

/** A request to a login, whose body names an account. */
function requestFrom(address: string, username: unknown = 'ada'): RequestContext {
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: address });
  const request = Object.assign(new IncomingMessage(socket), {
    method: 'POST',
    url: '/login',
    body: { username },
  });
  const context = RequestContext.begin(
    request,
    new ClientIp({ trustedProxies: [], forwardedHeader: 'X-Forwarded-For' }),
  );
  context.handOver(request);
  context.meet({
    handler: 'Auth.login',
    traits: { strikes: [{ event: 'login_failed', statuses: [401], subject: 'username' }] },
  });
  return context;
}

/** An attempt from an address that begins at once and ends so. */
function attempt(address: string, status: number, username?: string): void {
  const request = requestFrom(address, username);
  expect(attempts.begin(request)).toBeUndefined();
  attempts.end(request, status);
}

/** What a new attempt comes to: how many seconds it waits, or after how many it is to come again. */
async function newAttempt(address: string, username?: unknown): Promise<string> {
  const request = requestFrom(address, username);
  try {
    const waiting = attempts.begin(request);
    if (waiting === undefined) return 'at once';
    let isOver = false;
    void waiting.then(() => {
      isOver = true;
    });
    for (let seconds = 1; ; seconds++) {
      await jest.advanceTimersByTimeAsync(SECOND);
      if (isOver) return `after ${seconds} s`;
    }
  } catch (error) {
    return `${(error as PortcullisError).code}, ${(error as PortcullisError).retryAfterSeconds} s`;
  } finally {
    attempts.end(request, 200);
  }
}

describe('attempts at one account', () => {
  it('wait longer and longer, the more of others have failed', async () => {
    const waits: string[] = [];
    for (const failures of [9, 1, 10, 20, 40, 80]) {
      for (let failure = 0; failure < failures; failure++) {
        const request = requestFrom(stranger());
        void attempts.begin(request);
        attempts.end(request, 401);
      }
      waits.push(await newAttempt(`192.0.2.${waits.length}`));
    }
    expect(waits).toEqual(['at once', 'after 1 s', 'after 2 s', 'after 4 s', 'after 8 s', 'after 8 s']);
  });

  it('are told of when they are slowed down, and at each doubling, but not by name', () => {
    const told: object[] = [];
    events.subscribe((event) => {
      if (event.type === 'account.attacked') told.push(event);
    });
    for (let failure = 0; failure < 45; failure++) {
      const request = requestFrom(stranger());
      void attempts.begin(request);
      attempts.end(request, 401);
    }
    expect(told).toMatchObject([
      { failures: 10, delaySeconds: 1, account: '_e5DDUC9V97qwYbNl5ADPQ' },
      { failures: 20, delaySeconds: 2 },
      { failures: 40, delaySeconds: 4 },
    ]);
    // The ids of requests are random, and may have her letters in them.
    expect(JSON.stringify(told)).not.toMatch(/(?<![\da-f])ada(?![\da-f])/);
  });

  it('are those of what a function of the request names', async () => {
    const named = (address: string, name: unknown) => {
      const request = requestFrom(address, name);
      const subject = (context: RequestContext) => context.fieldOf('username')?.replaceAll(' ', '');
      request.meet({
        handler: 'Auth.login',
        traits: { strikes: [{ event: 'login_failed', statuses: [401], subject }] },
      });
      return request;
    };
    for (let failure = 0; failure < 10; failure++) {
      const request = named(stranger(), '+41 79 000');
      void attempts.begin(request);
      attempts.end(request, 401);
    }
    expect(attempts.begin(named(stranger(), '+4179000'))).toBeInstanceOf(Promise);
    expect(attempts.begin(named(stranger(), '+4179001'))).toBeUndefined();
    expect(attempts.begin(named(stranger(), { a: 1 }))).toBeUndefined();
  });

  it('count while they are under way', async () => {
    for (let count = 0; count < 10; count++) expect(attempts.begin(requestFrom(stranger()))).toBeUndefined();
    expect(await newAttempt(stranger())).toBe('after 1 s');
  });

  it('run one by one from one network, and are refused where that would take too long', async () => {
    for (let count = 0; count < 80; count++) void attempts.begin(requestFrom(stranger()));
    const [first, second, third] = [1, 2, 3].map(() => requestFrom('192.0.2.1'));
    for (const request of [first, second] as RequestContext[])
      expect(attempts.begin(request)).toBeInstanceOf(Promise);
    expect(() => attempts.begin(third as RequestContext)).toThrow(PortcullisError);
    expect(await newAttempt('192.0.2.1')).toBe('too_many_attempts, 32 s');
  });

  it('are not slowed down where somebody has logged in to it from, whatever strangers do', async () => {
    attempt(HOME, 200);
    for (let count = 0; count < 200; count++) void attempts.begin(requestFrom(stranger()));
    expect(await newAttempt(HOME)).toBe('at once');
    expect(await newAttempt('192.0.2.1')).toBe('after 8 s');
  });

  it('are told from those at others, however the name is spelt', async () => {
    for (let count = 0; count < 10; count++) void attempts.begin(requestFrom(stranger(), ' Ada'));
    expect(await newAttempt('192.0.2.1', 'ADA')).toBe('after 1 s');
    expect(await newAttempt('192.0.2.1', 'bob')).toBe('at once');
    expect(await newAttempt('192.0.2.3', ['ada'])).toBe('after 1 s');
    expect(await newAttempt('192.0.2.1', { $ne: '' })).toBe('at once');
  });

  it('leave one network to its own limit', () => {
    for (let count = 0; count < 30; count++) attempt('192.0.2.1', 401);
  });

  it('of one network count only so many for others as it may have wrong', async () => {
    for (let count = 0; count < 200; count++) void attempts.begin(requestFrom('192.0.2.1'));
    expect(await newAttempt('192.0.2.2')).toBe('after 1 s');
  });

  it('count together where networks cannot be told apart, and no home is made there', async () => {
    attempt('10.0.0.1', 200);
    for (let count = 0; count < 10; count++) attempt('10.0.0.1', 401);
    expect(await newAttempt('10.0.0.1')).toBe('after 1 s');
    for (let count = 0; count < 60; count++) void attempts.begin(requestFrom('10.0.0.1'));
    expect(await newAttempt('10.0.0.1')).toBe('after 1 s');
  });

  it('make nobody at home who has failed, also where a failure is a redirect', async () => {
    for (let count = 0; count < 10; count++) {
      const request = requestFrom(stranger());
      request.meet({
        handler: 'Auth.login',
        traits: { strikes: [{ event: 'login_failed', statuses: [302], subject: 'username' }] },
      });
      void attempts.begin(request);
      attempts.end(request, 302);
    }
    expect(await newAttempt('203.0.113.1')).toBe('at once');
    expect(await newAttempt('192.0.2.1')).toBe('after 1 s');
    for (let count = 0; count < 10; count++) {
      const request = requestFrom(stranger());
      void attempts.begin(request);
      attempts.end(request, 401);
    }
    expect(await newAttempt('203.0.113.2')).toBe('after 1 s');
  });

  it('are forgotten when they end well', async () => {
    for (let count = 0; count < 100; count++) attempt(stranger(), count % 2 === 0 ? 200 : 422);
    expect(await newAttempt('192.0.2.1')).toBe('at once');
  });
});
