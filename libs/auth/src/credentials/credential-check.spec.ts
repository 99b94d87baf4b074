import { jest } from '@jest/globals';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { CREDENTIALS_REQUIRED, PortcullisError } from '../errors.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { AppIdentity, type Identity, UserIdentity } from '../identity/identity.js';
import { ClientIp } from '../net/client-ip.js';
import { Replicator } from '../replication/replicator.js';
import { RequestContext } from '../request/request-context.js';
import { CredentialCheck } from './credential-check.js';
import { INVALID_TOKEN } from './credential-refusals.js';
import type { CredentialScheme } from './credential-scheme.js';
import { CredentialSchemes } from './credential-schemes.js';

const STORES = memoryStores();
const APP = new AppIdentity({ appId: 'depot', name: 'Depot', scopes: [] });
const USER = new UserIdentity({
  ...{ issuer: 'https://login.example', subject: 'ada', issuedAt: 0, expiresAt: 0 },
  ...{ scopes: [], claims: {} },
});

/** Proves whatever comes in its header, and does nothing else of what has to be done. */
function schemeOf(kind: string, identity: Identity, header = `x-${kind}`) {
  return {
    kind,
    proves: identity.kind,
    headers: [header],
    present: (request: RequestContext) => request.header(header),
    prove: jest.fn((_: string): Identity | Promise<Identity> => identity),
    challenge: () => ({ scheme: 'Test' }),
    nameOf: jest.fn(async (presented: string): Promise<string | undefined> => `${presented}-1`),
  } satisfies CredentialScheme<string>;
}

function checkWith(
  schemes: readonly CredentialScheme<string>[],
  { requireTls = false, isStale = false } = {},
) {
  const stream = new SecurityEvents();
  const events: SecurityEvent[] = [];
  stream.subscribe((event) => events.push(event));
  const options = resolveOptions({ requireTls }, STORES);
  const replicator = new Replicator(options, stream, CHANGES);
  if (isStale) {
    jest.spyOn(replicator, 'refuseIfStale').mockImplementation(() => {
      throw new PortcullisError(CREDENTIALS_REQUIRED, 'stale');
    });
  }
  const all = schemes as readonly CredentialScheme[];
  return {
    check: new CredentialCheck(options, new CredentialSchemes(all), replicator, stream),
    events,
  };
}

/** A request with headers, as names and values in turn. */
function requestWith(...rawHeaders: string[]): RequestContext {
  const headers: Record<string, string> = {};
  for (let index = 0; index < rawHeaders.length; index += 2)
    headers[(rawHeaders[index] as string).toLowerCase()] = rawHeaders[index + 1] as string;
  const clientIp = new ClientIp({ trustedProxies: [], forwardedHeader: 'Forwarded' });
  const socket = { remoteAddress: '192.0.2.1' };
  return RequestContext.begin({ method: 'GET', url: '/', headers, rawHeaders, socket }, clientIp);
}

/** What the check refuses the request with. */
async function refusalOf(check: CredentialCheck, request: RequestContext): Promise<PortcullisError> {
  try {
    await check.identify(request);
  } catch (error) {
    if (error instanceof PortcullisError) return error;
    throw error;
  }
  throw new Error('admitted');
}

describe('the credentials of a request', () => {
  it('are all proven, and held with the scheme that they came by', () => {
    const { check } = checkWith([schemeOf('key', APP), schemeOf('badge', USER)]);
    const request = requestWith('X-Key', 'k', 'X-Badge', 'b');
    expect(check.identify(request)).toBeUndefined();
    expect([request.app, request.user, request.isIdentified]).toEqual([APP, USER, true]);
    expect([request.schemeOf(APP), request.schemeOf(USER)]).toEqual(['key', 'badge']);
  });

  it('are proven one after another where something has to be looked up', async () => {
    const schemes = [schemeOf('key', APP), schemeOf('badge', USER)];
    schemes[0]?.prove.mockResolvedValue(APP);
    const { check } = checkWith(schemes);
    const request = requestWith('X-Key', 'k', 'X-Badge', 'b');
    const identified = check.identify(request);
    expect(schemes[1]?.prove).not.toHaveBeenCalled();
    await identified;
    expect([request.app, request.user]).toEqual([APP, USER]);
  });

  it('are proven once, however many guards ask', async () => {
    const scheme = schemeOf('key', APP);
    const { check } = checkWith([scheme]);
    const request = requestWith('X-Key', 'k');
    await check.identify(request);
    await check.identify(request);
    expect(await check.identifyBy(scheme as CredentialScheme, request, 'app')).toBe(APP);
    expect(scheme.prove).toHaveBeenCalledTimes(1);
  });

  it('are proven once where one of them was asked for by itself', async () => {
    const schemes = [schemeOf('key', APP), schemeOf('badge', USER)];
    const { check } = checkWith(schemes);
    const request = requestWith('X-Key', 'k', 'X-Badge', 'b');
    await check.identifyBy(schemes[0] as CredentialScheme, request, 'app');
    expect([request.app, request.user, request.isIdentified]).toEqual([APP, undefined, false]);
    await check.identify(request);
    expect(request.user).toBe(USER);
    expect(schemes[0]?.prove).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['apps', APP],
    ['users', USER],
  ])('never name two %s', async (_, identity) => {
    const { check } = checkWith([schemeOf('key', identity), schemeOf('badge', identity)]);
    const request = requestWith('X-Key', 'k', 'X-Badge', 'b');
    expect(await refusalOf(check, request)).toMatchObject({
      code: 'invalid_request',
      challenge: ['key', 'badge'],
    });
    expect([request.app, request.user]).toEqual([undefined, undefined]);
  });

  it('come once each: a header that was sent twice is refused before anything is proven', async () => {
    const scheme = schemeOf('key', APP);
    const { check } = checkWith([scheme]);
    const error = await refusalOf(check, requestWith('X-Key', 'k', 'x-kEY', 'k'));
    expect(error).toMatchObject({ code: 'invalid_request', challenge: ['key'] });
    expect(scheme.prove).not.toHaveBeenCalled();
  });

  it.each([
    ['at once', false],
    ['later', true],
  ])('that prove nobody are challenged for, whatever their scheme says: %s', async (_, isLate) => {
    const scheme = schemeOf('key', APP);
    scheme.prove.mockImplementation(() => {
      const error = new PortcullisError(INVALID_TOKEN, 'unknown');
      if (isLate) return Promise.reject(error);
      throw error;
    });
    const error = await refusalOf(checkWith([scheme]).check, requestWith('X-Key', 'k'));
    expect(error.challenge).toEqual(['key']);
  });
});

describe('an instance that is cut off from the others', () => {
  it('vouches for no credential, and asks no scheme', async () => {
    const scheme = schemeOf('key', APP);
    const { check } = checkWith([scheme], { isStale: true });
    expect((await refusalOf(check, requestWith('X-Key', 'k'))).reason).toBe('stale');
    expect(scheme.prove).not.toHaveBeenCalled();
  });

  it('lets a request pass that has none', async () => {
    const { check } = checkWith([schemeOf('key', APP)], { isStale: true });
    expect(await check.identify(requestWith())).toBeUndefined();
  });
});

describe('a credential that came in clear text', () => {
  it.each(['api-key', 'token'])('is refused, and named so that it can be revoked: %s', async (credential) => {
    const scheme = schemeOf(credential, APP);
    const { check, events } = checkWith([scheme], { requireTls: true });
    const request = requestWith(`X-${credential}`, 'k');
    const error = await refusalOf(check, request);
    expect(error).toMatchObject({ code: 'tls_required', challenge: [credential] });
    expect(scheme.prove).not.toHaveBeenCalled();
    expect(events).toEqual([
      { type: 'credential.leaked', leak: 'clear-text', request: request.facts, credential, id: 'k-1' },
    ]);
  });

  it.each([
    ['has no name', async () => undefined],
    ['cannot be named', () => Promise.reject(new Error('no such key'))],
    [
      'breaks its scheme',
      () => {
        throw new Error('no such key');
      },
    ],
  ])('is refused without a name where it %s', async (_, nameOf) => {
    const scheme = schemeOf('token', APP);
    scheme.nameOf.mockImplementation(nameOf);
    const { check, events } = checkWith([scheme], { requireTls: true });
    const request = requestWith('X-Token', 'k');
    expect(await refusalOf(check, request)).toMatchObject({ code: 'tls_required' });
    expect(events).toEqual([
      { type: 'credential.leaked', leak: 'clear-text', request: request.facts, credential: 'token' },
    ]);
  });

  it.each([
    [true, true, true],
    [true, false, false],
    [false, false, true],
    [false, true, true],
  ])(
    'where TLS is demanded: %s, and the request is encrypted: %s, it is looked at: %s',
    async (requireTls, isSecure, isMet) => {
      const scheme = schemeOf('key', APP);
      const { check } = checkWith([scheme], { requireTls });
      const request = Object.defineProperty(requestWith('X-Key', 'k'), 'isSecure', { value: isSecure });
      await Promise.resolve(check.identify(request)).catch(() => undefined);
      expect(scheme.prove).toHaveBeenCalledTimes(isMet ? 1 : 0);
    },
  );
});

describe('a scheme that is broken', () => {
  /** A promise of another library. */
  // biome-ignore lint/suspicious/noThenProperty: this is what is tried.
  const thenable = { then: (resolve: (value: unknown) => void) => resolve(APP) };

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['nothing, later', Promise.resolve(undefined)],
    ['null', null],
    ['true', true],
    ['the facts of an identity', { ...APP }],
    ['a promise that is not one of the platform', thenable],
  ])('and proves %s lets nobody in', async (_, proven) => {
    const scheme = schemeOf('key', APP);
    scheme.prove.mockReturnValue(proven as Identity);
    const { check } = checkWith([scheme]);
    const request = requestWith('X-Key', 'k');
    await expect((async () => check.identify(request))()).rejects.toThrow('proved no identity');
    expect([request.app, request.user, request.isIdentified]).toEqual([undefined, undefined, false]);
  });

  it('and proves nothing to Passport either', async () => {
    const scheme = schemeOf('key', APP);
    const { check } = checkWith([scheme]);
    for (const proven of [undefined, Promise.resolve(undefined), {}]) {
      scheme.prove.mockReturnValue(proven as Identity);
      const proving = check.identifyBy(scheme as CredentialScheme, requestWith('X-Key', 'k'), 'app');
      await expect(proving).rejects.toThrow('proved no identity');
    }
  });

  it('and names a header in capitals is refused at boot', () => {
    expect(() => checkWith([schemeOf('key', APP, 'X-Key')])).toThrow(
      'names the header X-Key not in lower case',
    );
  });
});
