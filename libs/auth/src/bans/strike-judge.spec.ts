import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { CredentialSchemes } from '../credentials/credential-schemes.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { AppIdentity, UserIdentity } from '../identity/identity.js';
import { ClientIp } from '../net/client-ip.js';
import { type IpAddress, parseIpAddress } from '../net/ip-address.js';
import { Replicator } from '../replication/replicator.js';
import { RequestContext } from '../request/request-context.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { MemoryBanStore } from '../stores/memory/memory-ban.store.js';
import { BanExemptions } from './ban-exemptions.js';
import { BanService } from './ban-service.js';
import { Origins } from './origins/origins.js';
import { ProvenGuests } from './proven-guests.js';
import { StrikeJudge } from './strike-judge.js';
import { StrikeLedger } from './strike-ledger.js';
import type { StrikeRule } from './strike-rules.js';

const SECOND = 1_000;
const START = Date.UTC(2030, 0, 1);
const OFFENDER = '203.0.113.7';
const MISS: StrikeRule = { id: 'miss', match: { status: 404 }, score: 1, windowSeconds: 60 };

const USER = new UserIdentity({
  ...{ issuer: 'https://login.example', subject: 'ada', issuedAt: 0, expiresAt: 0 },
  ...{ scopes: [], claims: {} },
});
const userNamed = (subject: string) => new UserIdentity({ ...USER, subject });

let now: number;
let store: MemoryBanStore;
let events: SecurityEvent[];
beforeEach(() => {
  now = START;
  store = new MemoryBanStore();
  events = [];
});

/** What is known of a request, and of its answer. */
interface Details {
  readonly url?: string;
  readonly status?: number;
  readonly countsForStrikes?: boolean;
  readonly user?: UserIdentity;
  readonly app?: AppIdentity;
}

/** An app without the app: what judges, and what it decides by. */
function courtWith(given: PortcullisOptions['bans'] = {}) {
  const stores = memoryStores({ bans: store });
  const bans = { rules: [MISS], strikeLimit: 3, ...given };
  const options = resolveOptions({ bans, now: () => now }, stores);
  const stream = new SecurityEvents();
  stream.subscribe((event) => events.push(event));
  const service = new BanService(options, stream, new Replicator(options, stream, CHANGES));
  const clientIp = new ClientIp(options);
  const lifecycle = new RequestLifecycle(options, clientIp, stream);
  const exemptions = new BanExemptions(options);
  const ledger = new StrikeLedger(options, stream, exemptions, service, new ProvenGuests(options));
  const judge = new StrikeJudge(
    ...([
      options,
      stream,
      exemptions,
      ledger,
      new CredentialSchemes([]),
      service,
      lifecycle,
      new Origins(options),
    ] as const),
  );

  const socketOf = (address: string) =>
    Object.defineProperty(new Socket(), 'remoteAddress', { value: address });

  /** A response to a request from an address is over. */
  const respondAtOnce = (socket: Socket, details: Details = {}) => {
    const { url = '/nowhere', status = 404, countsForStrikes = true, user, app } = details;
    const request = Object.assign(new IncomingMessage(socket), { method: 'GET', url });
    const context = RequestContext.begin(request, clientIp);
    if (countsForStrikes) context.countForStrikes();
    if (user !== undefined) context.hold(user, 'token');
    if (app !== undefined) context.hold(app, 'api-key');
    judge.judge(context, status);
  };

  /** The same; resolves when it has been dealt with. */
  const respond = async (address: string, details: Details = {}) => {
    respondAtOnce(socketOf(address), details);
    await new Promise(setImmediate);
  };
  const find = (address: string) => service.find(parseIpAddress(address) as IpAddress);
  return { service, judge, ledger, stream, socketOf, respondAtOnce, respond, find };
}

const ofType = <T extends SecurityEvent['type']>(type: T) =>
  events.filter((event): event is Extract<SecurityEvent, { type: T }> => event.type === type);
const totals = () => ofType('address.struck').map(({ total }) => total);

describe('strikes', () => {
  it('ban at the limit, and not before it', async () => {
    const { respond, find } = courtWith();
    await respond(OFFENDER);
    await respond(OFFENDER);
    expect(find(OFFENDER)).toBeUndefined();
    await respond(OFFENDER);
    expect(find(OFFENDER)).toMatchObject({ network: '203.0.113.7/32', shadow: false });
    expect(totals()).toEqual([1, 2, 3]);
  });

  it('may pass the limit, but a single one costs no more than that', async () => {
    const { respond } = courtWith({ rules: [{ ...MISS, score: 2 }] });
    await respond(OFFENDER);
    await respond(OFFENDER);
    expect(totals()).toEqual([2, 4]);
    const other = courtWith({ rules: [{ ...MISS, score: Number.POSITIVE_INFINITY }] });
    await other.respond('203.0.113.8');
    expect(ofType('address.struck').at(-1)).toMatchObject({ points: 3, total: 3, limit: 3 });
    expect(other.find('203.0.113.8')).toBeDefined();
  });

  it('are counted for each rule by itself', async () => {
    const { respond, find } = courtWith({ rules: [MISS, { ...MISS, id: 'other', match: { status: 401 } }] });
    for (const status of [404, 404, 401, 401]) await respond(OFFENDER, { status });
    expect(find(OFFENDER)).toBeUndefined();
    expect(totals()).toEqual([1, 2, 1, 2]);
  });

  it('stand, however many paths other addresses think of', async () => {
    const rules = [{ ...MISS, distinct: 'path' as const }];
    const { socketOf, respondAtOnce, find } = courtWith({ rules, strikeLimit: 100 });
    const offender = socketOf(OFFENDER);
    for (let path = 0; path < 99; path++) respondAtOnce(offender, { url: `/mine/${path}` });
    for (let address = 0; address < 1_020; address++) {
      const other = socketOf(`198.18.${address >> 8}.${address & 255}`);
      for (let path = 0; path < 99; path++) respondAtOnce(other, { url: `/${address}/${path}` });
      events.length = 0;
    }
    respondAtOnce(offender, { url: '/mine/last' });
    expect(totals()).toEqual([100]);
    expect(find(OFFENDER)).toBeDefined();
  }, 60_000);

  it('are counted for each IPv4 address, and each IPv6 /64', async () => {
    const { respond, find } = courtWith({ strikeLimit: 2 });
    await respond('203.0.113.7');
    await respond('203.0.113.8');
    expect([find('203.0.113.7'), find('203.0.113.8')]).toEqual([undefined, undefined]);
    await respond('2001:db8::1');
    await respond('2001:db8::2');
    expect(find('2001:db8::3')?.network).toBe('2001:db8::/64');
    expect(find('2001:db8:0:1::1')).toBeUndefined();
  });

  it('fade with a window that slides: a burst is one burst whenever it comes', async () => {
    const { respond, find } = courtWith({ strikeLimit: 4 });
    now = START + 59 * SECOND;
    await respond(OFFENDER);
    await respond(OFFENDER);
    now = START + 118 * SECOND;
    await respond(OFFENDER);
    expect(totals()).toEqual([1, 2, 3]);
    now = START + 121 * SECOND; // Half of the part that the first two are in is over.
    await respond(OFFENDER);
    expect(totals().at(-1)).toBe(3);
    now = START + 270 * SECOND;
    await respond(OFFENDER);
    expect(totals().at(-1)).toBe(1);
    expect(find(OFFENDER)).toBeUndefined();
  });

  it('begin anew after a ban, and what was under way when it came counts for nothing', async () => {
    const { respond, find } = courtWith({ durationsSeconds: [10] });
    for (let count = 0; count < 10; count++) await respond(OFFENDER);
    expect(totals()).toEqual([1, 2, 3]);
    now += 10 * SECOND;
    await respond(OFFENDER);
    expect(totals().at(-1)).toBe(1);
    expect(find(OFFENDER)).toBeUndefined();
  });

  it('stand after a veto: the next one proposes the ban again, and has it where nobody objects any more', async () => {
    const { respond, stream, service, find } = courtWith();
    const stop = stream.subscribe(
      (event) => event.type === 'ban.proposed' && event.proposal.veto('a partner'),
    );
    for (let count = 0; count < 4; count++) await respond(OFFENDER);
    expect(ofType('ban.vetoed')).toHaveLength(2);
    expect(totals()).toEqual([1, 2, 3, 4]);
    stop();
    await respond(OFFENDER);
    expect(find(OFFENDER)).toBeDefined();
    expect((await service.why(OFFENDER))[0]?.strikes).toHaveLength(5);
  });

  it.each(['unban', 'forgive'] as const)('begin anew when an operator says %s', async (verb) => {
    const { respond, service, find } = courtWith();
    await respond(OFFENDER);
    await respond(OFFENDER);
    const ban = await service.ban(OFFENDER, { reason: 'spec' });
    await service[verb](verb === 'unban' ? ban.id : OFFENDER);
    await respond(OFFENDER);
    expect(totals().at(-1)).toBe(1);
    expect(find(OFFENDER)).toBeUndefined();
  });

  it('make exactly one ban when they come in a burst', async () => {
    const { respond } = courtWith();
    await Promise.all(Array.from({ length: 100 }, () => respond(OFFENDER)));
    expect(ofType('address.banned')).toHaveLength(1);
    expect(ofType('address.banned')[0]?.ban).toMatchObject({ offence: 1, rule: 'miss' });
  });

  it('are kept with the ban as its evidence', async () => {
    const { respond, service } = courtWith();
    for (const url of ['/a?secret=1', `/${'b'.repeat(500)}`, '/c']) {
      await respond(OFFENDER, { url });
      now += SECOND;
    }
    const [ban] = await service.why(OFFENDER);
    expect(ban?.reason).toContain('rule miss');
    expect(
      ban?.strikes.map(({ path, at, rule, status, address }) => [path, at, rule, status, address]),
    ).toEqual([
      ['/a', START, 'miss', 404, OFFENDER],
      [`/${'b'.repeat(199)}`, START + SECOND, 'miss', 404, OFFENDER],
      ['/c', START + 2 * SECOND, 'miss', 404, OFFENDER],
    ]);
  });

  it('that meet a store out of order hold the address for a minute, are logged, and ban once it works', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const { respond, find } = courtWith({ strikeLimit: 1, rules: [{ ...MISS, windowSeconds: 600 }] });
    const save = jest.spyOn(store, 'save').mockRejectedValueOnce(new Error('store is down'));
    await respond(OFFENDER);
    expect(logged).toHaveBeenCalledTimes(1);
    expect(find(OFFENDER)).toMatchObject({ expiresAt: now + 60 * SECOND, shadow: false });
    now += 60 * SECOND;
    expect(find(OFFENDER)).toBeUndefined();
    await respond(OFFENDER);
    expect(find(OFFENDER)).toMatchObject({ expiresAt: now + 600 * SECOND });
    expect(save).toHaveBeenCalledTimes(2);
    logged.mockRestore();
  });

  it('that were only anticipated hold nobody for longer than the limiter takes', async () => {
    const strikeLimiter = new RateLimiterMemory({ points: 1, duration: 1 });
    const rules: StrikeRule[] = [{ ...MISS, distinct: 'path' }];
    const { respond, find } = courtWith({ strikeLimiter, strikeLimit: 6, rules });
    now = START + 20 * SECOND;
    for (const url of ['/a', '/b', '/c', '/d', '/e']) await respond(OFFENDER, { url });
    now = START + 80 * SECOND; // The paths are known, and their points fade.
    const six = ['/a', '/b', '/c', '/d', '/e', '/f'].map((url) => respond(OFFENDER, { url }));
    expect(find(OFFENDER)).toBeDefined();
    await Promise.all(six);
    expect(totals().at(-1)).toBe(5);
    expect(find(OFFENDER)).toBeUndefined();
  });

  it('add up over instances that share a limiter', async () => {
    const strikeLimiter = new RateLimiterMemory({ points: 1, duration: 1 });
    const [one, other] = [courtWith({ strikeLimiter }), courtWith({ strikeLimiter })];
    await one.respond(OFFENDER);
    await other.respond(OFFENDER);
    await one.respond(OFFENDER);
    expect(totals()).toEqual([1, 2, 3]);
    expect(one.find(OFFENDER)).toBeDefined();
    expect(await strikeLimiter.get(`miss ${OFFENDER}/32 ${Math.floor(START / 60_000)}`)).toBeNull();
  });
});

it('a limiter that fails leaves this process to count by itself', async () => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
  const failing = () => Promise.reject(new Error('down'));
  const { respond, find } = courtWith({ strikeLimiter: { penalty: failing, get: failing, delete: failing } });
  for (let count = 0; count < 3; count++) await respond(OFFENDER);
  expect(totals()).toEqual([1, 2, 3]);
  expect(find(OFFENDER)).toBeDefined();
  expect(warn).toHaveBeenCalledTimes(1);
  warn.mockRestore();
});

describe('a rule that counts what is new', () => {
  it('counts a path once within its window', async () => {
    const { respond } = courtWith({ rules: [{ ...MISS, distinct: 'path' }], strikeLimit: 10 });
    for (const url of ['/a', '/a?b', '/%61', '/b', '/a']) await respond(OFFENDER, { url });
    expect(totals()).toEqual([1, 2]);
    await respond('203.0.113.8', { url: '/a' });
    expect(ofType('address.struck').at(-1)).toMatchObject({ total: 1 });
    now += 59 * SECOND;
    await respond(OFFENDER, { url: '/a' });
    expect(totals()).toHaveLength(3);
    now += 120 * SECOND;
    await respond(OFFENDER, { url: '/a' });
    expect(totals()).toEqual([1, 2, 1, 1]);
  });
});

describe('neighbours', () => {
  const subnet = (index: number) => `2001:db8:0:${index.toString(16)}::1`;
  const offend = async (respond: (address: string) => Promise<void>, address: string, times = 3) => {
    for (let count = 0; count < times; count++) await respond(address);
  };
  const networks = () => ofType('address.banned').map(({ ban }) => ban.network);

  it('that offend together widen the ban to their /56, and not fewer of them', async () => {
    const { respond, find } = courtWith();
    for (let index = 0; index < 3; index++) await offend(respond, subnet(index));
    expect(find(subnet(9))).toBeUndefined();
    await offend(respond, subnet(3));
    expect(networks().at(-1)).toBe('2001:db8::/56');
    expect(find(subnet(9))).toBeDefined();
    expect(find(subnet(0x100))).toBeUndefined();
  });

  it('are several: one of them alone never widens it, however much it does', async () => {
    const { respond } = courtWith();
    await Promise.all(Array.from({ length: 200 }, () => respond(subnet(0))));
    expect(networks()).toEqual(['2001:db8::/64']);
  });

  it('are several also where one of them is banned again and again, or never', async () => {
    const again = courtWith({ durationsSeconds: [1] });
    for (let count = 0; count < 8; count++) {
      await offend(again.respond, subnet(0));
      now += SECOND;
    }
    expect(networks()).toEqual(Array(8).fill('2001:db8::/64'));

    const spared = courtWith();
    spared.stream.subscribe((event) => {
      if (event.type !== 'ban.proposed') return;
      if (event.proposal.ban.network === '2001:db8:1::/64') event.proposal.veto('a partner');
    });
    for (let count = 0; count < 8; count++) await offend(spared.respond, '2001:db8:1::1');
    // From the limit on, each strike.
    expect(ofType('ban.vetoed')).toHaveLength(22);
    expect(networks()).toHaveLength(8);
  });

  it('are counted also where each stays below its own limit', async () => {
    const { respond, find } = courtWith();
    for (let index = 0; index < 6; index++) await offend(respond, subnet(index), 2);
    expect(networks()).toEqual(['2001:db8::/56']);
    expect(find(subnet(9))).toBeDefined();
  });

  it('widen it to their /48 when several /56 do the same', async () => {
    const { respond, find } = courtWith();
    for (let wide = 0; wide < 4; wide++) {
      for (let index = 0; index < 4; index++) await offend(respond, subnet(wide * 0x100 + index));
    }
    expect(networks().at(-1)).toBe('2001:db8::/48');
    expect(find(subnet(0xff00))).toBeDefined();
    expect(find('2001:db8:1::1')).toBeUndefined();
  });

  it('may come one after another, in about the time that the first is still banned', async () => {
    const { respond, find } = courtWith();
    for (let index = 0; index < 6; index++) {
      await offend(respond, subnet(index));
      now += 120 * SECOND;
    }
    expect(find(subnet(9))).toBeDefined();
  });

  it('of IPv4 have nothing to do with each other, unless they are told to', async () => {
    const apart = courtWith();
    for (let host = 1; host <= 10; host++) await offend(apart.respond, `203.0.113.${host}`);
    expect(apart.find('203.0.113.99')).toBeUndefined();
    store = new MemoryBanStore();
    const together = courtWith({ widerIpv4Prefixes: [24] });
    for (let host = 1; host <= 4; host++) await offend(together.respond, `198.51.100.${host}`);
    expect(together.find('198.51.100.99')?.network).toBe('198.51.100.0/24');
    expect(together.find('198.51.101.1')).toBeUndefined();
  });
});

describe('abuse with a valid credential', () => {
  it('is charged to it, and beyond its limit to the address', async () => {
    const { respond, find } = courtWith();
    for (let count = 0; count < 3; count++) await respond(OFFENDER, { user: USER });
    expect(totals()).toEqual([]);
    expect(ofType('identity.struck').map(({ total }) => total)).toEqual([1, 2, 3]);
    expect(ofType('identity.abusive')).toMatchObject([
      { rule: 'miss', total: 3, request: { subject: 'ada' } },
    ]);
    for (let count = 0; count < 3; count++) await respond(OFFENDER, { user: USER });
    expect(find(OFFENDER)).toBeDefined();
    expect(ofType('identity.abusive')).toHaveLength(1);
  });

  it.each(['in this process', 'through a limiter'])(
    'counted %s is also charged to the address at once where a rule bans at once',
    async (where) => {
      const rules = [{ ...MISS, score: Number.POSITIVE_INFINITY }];
      const strikeLimiter = new RateLimiterMemory({ points: 1, duration: 1 });
      const { socketOf, respondAtOnce, respond, find } = courtWith({
        rules,
        ...(where !== 'in this process' && { strikeLimiter }),
      });
      respondAtOnce(socketOf(OFFENDER), { user: USER });
      expect(find(OFFENDER)).toMatchObject({ shadow: false });
      await respond(OFFENDER, { user: USER });
      expect(ofType('address.banned')).toHaveLength(1);
      expect(ofType('identity.struck')[0]).toMatchObject({ points: 3, total: 3 });
      expect(ofType('identity.abusive')).toHaveLength(1);
    },
  );

  it('is charged to each by itself, from wherever it comes', async () => {
    const app = new AppIdentity({ appId: 'shop', name: 'shop', keyId: 'k1', scopes: [] });
    const { respond } = courtWith();
    for (const address of ['203.0.113.1', '203.0.113.2']) await respond(address, { user: USER });
    await respond(OFFENDER, { app });
    await respond(OFFENDER, { user: userNamed('bob') });
    await respond(OFFENDER, { user: new UserIdentity({ ...USER, issuer: 'https://other.example' }) });
    expect(ofType('identity.struck').map(({ total }) => total)).toEqual([1, 2, 1, 1, 1]);
  });
});

describe('a user with many personal tokens', () => {
  const tokens = Array.from({ length: 5 }, (_, index) => new UserIdentity({ ...USER, keyId: `k${index}` }));

  it('is one user, who can make no strikes go away by making another token', async () => {
    const { respond, find } = courtWith();
    for (const user of [...tokens, USER]) await respond(OFFENDER, { user });
    expect(ofType('identity.struck').map(({ total }) => total)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(find(OFFENDER)).toBeDefined();
  });

  it('makes an address that of one user, not of many', async () => {
    const { respond } = courtWith();
    for (const user of [...tokens, USER]) await respond(OFFENDER, { user, status: 200 });
    await respond(OFFENDER);
    expect(ofType('address.struck')).toMatchObject([{ limit: 6 }]);
  });
});

describe('an address that people share', () => {
  const serve = async (court: ReturnType<typeof courtWith>, people: number, address = OFFENDER) => {
    for (let index = 0; index < people; index++)
      await court.respond(address, { user: userNamed(`user${index}`), status: 200 });
  };
  const strikesUntilBan = async ({ respond, find }: ReturnType<typeof courtWith>) => {
    for (let count = 1; count < 100; count++) {
      await respond(OFFENDER);
      if (find(OFFENDER)) return count;
    }
    return undefined;
  };

  it.each([
    [0, 3],
    [1, 6],
    [4, 15],
    [3, 12],
    [50, 15],
  ])('of whom %d are known bears %d strikes', async (people, strikes) => {
    const court = courtWith();
    await serve(court, people);
    expect(await strikesUntilBan(court)).toBe(strikes);
    expect(ofType('address.struck').at(-1)?.limit).toBe(strikes);
  });

  it('is banned at once where a rule says so', async () => {
    const court = courtWith({ rules: [{ ...MISS, score: Number.POSITIVE_INFINITY }] });
    await serve(court, 4);
    expect(await strikesUntilBan(court)).toBe(1);
  });

  it('is forgotten to be one after a day', async () => {
    const court = courtWith();
    await serve(court, 4);
    now += 24 * 3_600 * SECOND;
    expect(await strikesUntilBan(court)).toBe(3);
  });

  it('stays one for as long as somebody known comes', async () => {
    const court = courtWith();
    for (let hour = 0; hour < 30; hour++) {
      await court.respond(OFFENDER, { user: USER, status: 200 });
      now += 3_600 * SECOND;
    }
    expect(await strikesUntilBan(court)).toBe(6);
  });

  it('is noted once a minute for each of those who come in turn', () => {
    const { respondAtOnce, socketOf, ledger } = courtWith();
    const noted = jest.spyOn(ledger, 'noteServed');
    const [office, people] = [socketOf(OFFENDER), [USER, userNamed('bob')]];
    for (const at of [0, 30, 60]) {
      now = START + at * SECOND;
      for (const user of people) respondAtOnce(office, { user, status: 200 });
    }
    expect(noted).toHaveBeenCalledTimes(4);
  });

  it('is not what the same person, or a refused one, comes from', async () => {
    const court = courtWith();
    for (let count = 0; count < 5; count++) await court.respond(OFFENDER, { user: USER, status: 200 });
    await court.respond(OFFENDER, { user: userNamed('bob'), status: 403 });
    expect(await strikesUntilBan(court)).toBe(6);
  });
});

describe('in shadow mode', () => {
  it.each([
    ['all rules', { shadow: true }],
    ['one rule', { rules: [{ ...MISS, shadow: true }] }],
  ])('of %s the same is emitted, and the ban is a shadow', async (_, options) => {
    const { respond, find } = courtWith(options);
    for (let count = 0; count < 10; count++) await respond(OFFENDER);
    expect(totals()).toEqual([1, 2, 3]);
    expect(ofType('address.struck').every(({ shadow }) => shadow)).toBe(true);
    expect(ofType('address.banned')).toMatchObject([{ ban: { shadow: true, rule: 'miss' } }]);
    expect(find(OFFENDER)).toMatchObject({ shadow: true });
  });

  it('of one rule the others go on', async () => {
    const shadow: StrikeRule = { ...MISS, id: 'shadow', shadow: true, score: 3 };
    const { respond, find } = courtWith({ rules: [shadow, MISS] });
    for (let count = 0; count < 3; count++) await respond(OFFENDER);
    expect(find(OFFENDER)).toMatchObject({ shadow: false });
  });
});

describe('beyond judgement', () => {
  it('is a response of a request on which bans are not enforced', async () => {
    const { respond } = courtWith();
    await respond(OFFENDER, { countsForStrikes: false });
    expect(events).toEqual([]);
  });

  it('is an allowed address; a private one is logged instead of banned', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const { respond, find } = courtWith({ allowed: ['203.0.113.0/24'] });
    for (let count = 0; count < 4; count++) await respond(OFFENDER);
    expect(events).toEqual([]);
    for (let count = 0; count < 4; count++) await respond('10.0.0.1');
    expect(totals()).toEqual([1, 2, 3, 4]);
    expect(find('10.0.0.1')).toBeUndefined();
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });
});
