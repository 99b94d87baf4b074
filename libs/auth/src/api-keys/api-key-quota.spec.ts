import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { PortcullisError } from '../errors.js';
import { AppIdentity, UserIdentity } from '../identity/identity.js';
import { ClientIp } from '../net/client-ip.js';
import { MAX_WINDOW_SECONDS, type RequestLimit } from '../rate-limits/request-limit.js';
import { RequestContext } from '../request/request-context.js';
import { ApiKeyQuota } from './api-key-quota.js';
import type { ProvenApiKey } from './proven-api-key.js';

const LIMIT: RequestLimit = { requests: 2, windowSeconds: 60 };
const optionsWith = (apiKeys: PortcullisOptions['apiKeys'] = {}) =>
  resolveOptions({ apiKeys }, memoryStores());
const clientIp = new ClientIp(optionsWith());

let quota: ApiKeyQuota;
beforeEach(() => {
  jest.useFakeTimers({ now: Date.UTC(2030, 0, 1) });
  quota = new ApiKeyQuota(optionsWith());
});
afterEach(() => {
  jest.useRealTimers();
});

function proven(keyId: string, rateLimit: RequestLimit | null = LIMIT): ProvenApiKey {
  const identity = new AppIdentity({ appId: 'depot', name: 'Depot Bern', keyId, scopes: [] });
  return { keyId, identity, networks: undefined, rateLimit, signatureKey: undefined };
}

/** Counts one request, and answers the headers of its answer, or why it was refused. */
async function spend(key: ProvenApiKey | string, limit = LIMIT) {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  const context = RequestContext.begin(request, clientIp, response);
  const spending = async () => quota.spend(context, typeof key === 'string' ? proven(key) : key, limit);
  const refusal = await spending().catch((error: unknown) => error as PortcullisError);
  return { policy: response.getHeader('RateLimit-Policy'), left: response.getHeader('RateLimit'), refusal };
}

describe('a key with a limit', () => {
  it('may be used so often, and its client sees what is left', async () => {
    expect(await spend('k1')).toEqual({ policy: '"app";q=2;w=60', left: '"app";r=1;t=60' });
    jest.advanceTimersByTime(10_000);
    expect(await spend('k1')).toEqual({ policy: '"app";q=2;w=60', left: '"app";r=0;t=50' });
  });

  it('is refused beyond that, with the time to come back', async () => {
    await spend('k1');
    await spend('k1');
    jest.advanceTimersByTime(10_500);
    const { policy, left, refusal } = await spend('k1');
    expect({ policy, left }).toEqual({ policy: '"app";q=2;w=60', left: '"app";r=0;t=50' });
    expect(refusal).toBeInstanceOf(PortcullisError);
    expect(refusal).toMatchObject({ code: 'rate_limit_exceeded', retryAfterSeconds: 50, keyId: 'k1' });
    expect(refusal?.getStatus()).toBe(429);
    expect(refusal?.reason).toContain('2 requests in 60 s');
  });

  it('may be used again when its window is over, and not a moment sooner', async () => {
    for (const _ of [1, 2]) await spend('k1');
    jest.advanceTimersByTime(59_999);
    expect((await spend('k1')).refusal).toMatchObject({ retryAfterSeconds: 1 });
    jest.advanceTimersByTime(1);
    expect(await spend('k1')).toEqual({ policy: '"app";q=2;w=60', left: '"app";r=1;t=60' });
  });

  it('is not shut out for longer by trying', async () => {
    for (let count = 0; count < 1_000; count++) await spend('k1');
    jest.advanceTimersByTime(60_000);
    expect((await spend('k1')).refusal).toBeUndefined();
  });

  it('lets exactly its number in of a crowd', async () => {
    const crowd = await Promise.all(Array.from({ length: 50 }, () => spend('k1')));
    expect(crowd.filter(({ refusal }) => refusal === undefined)).toHaveLength(2);
  });

  it('counts alone', async () => {
    for (const _ of [1, 2, 3]) await spend('k1');
    expect((await spend('k2')).left).toBe('"app";r=1;t=60');
  });

  it('has the window of its own', async () => {
    const short = { requests: 1, windowSeconds: 1 };
    const long = { requests: 1, windowSeconds: 3_600 };
    expect(await spend('short', short)).toEqual({ policy: '"app";q=1;w=1', left: '"app";r=0;t=1' });
    expect(await spend('long', long)).toEqual({ policy: '"app";q=1;w=3600', left: '"app";r=0;t=3600' });
    jest.advanceTimersByTime(1_000);
    expect((await spend('short', short)).refusal).toBeUndefined();
    expect((await spend('long', long)).refusal).toMatchObject({ retryAfterSeconds: 3_599 });
  });

  it('holds it for as long as the longest window that may be', async () => {
    const longest = { requests: 1, windowSeconds: MAX_WINDOW_SECONDS };
    await spend('k1', longest);
    // A timer that is set for longer than it can count goes off at once.
    jest.advanceTimersByTime(MAX_WINDOW_SECONDS * 1_000 - 1);
    expect((await spend('k1', longest)).refusal).toMatchObject({ code: 'rate_limit_exceeded' });
    jest.advanceTimersByTime(1);
    expect((await spend('k1', longest)).refusal).toBeUndefined();
  });

  it("of a user is shown as the user's", async () => {
    const user = {
      issuer: 'https://i.example',
      subject: 'ann',
      issuedAt: 0,
      expiresAt: 1,
      scopes: [],
      claims: {},
    };
    const token = { ...proven('k1'), identity: new UserIdentity(user) };
    expect(await spend(token)).toEqual({ policy: '"user";q=2;w=60', left: '"user";r=1;t=60' });
  });
});

it('the answer to a request with two keys shows the limits of both', async () => {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  const context = RequestContext.begin(request, clientIp, response);
  const user = {
    issuer: 'https://i.example',
    subject: 'ann',
    issuedAt: 0,
    expiresAt: 1,
    scopes: [],
    claims: {},
  };
  await quota.spend(context, proven('k1'), LIMIT);
  await quota.spend(
    context,
    { ...proven('k2'), identity: new UserIdentity(user) },
    { requests: 9, windowSeconds: 5 },
  );
  expect(response.getHeader('RateLimit-Policy')).toBe('"app";q=2;w=60, "user";q=9;w=5');
  expect(response.getHeader('RateLimit')).toBe('"app";r=1;t=60, "user";r=8;t=5');
});

describe('a limiter that instances share', () => {
  it('counts for all of them', async () => {
    const rateLimiter = new RateLimiterMemory({ points: 1, duration: 1 });
    const quotas = [1, 2].map(() => new ApiKeyQuota(optionsWith({ rateLimiter })));
    const answers = [];
    for (const one of [...quotas, ...quotas]) {
      quota = one;
      answers.push((await spend('k1')).refusal?.code);
    }
    expect(answers).toEqual([undefined, undefined, 'rate_limit_exceeded', 'rate_limit_exceeded']);
  });

  it('that fails leaves each to count by itself, and that is logged once', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const rateLimiter = { penalty: () => Promise.reject(new Error('down')) };
    quota = new ApiKeyQuota(optionsWith({ rateLimiter }));
    const answers = [];
    for (let count = 0; count < 3; count++) answers.push((await spend('k1')).refusal?.code);
    expect(answers).toEqual([undefined, undefined, 'rate_limit_exceeded']);
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });
});
