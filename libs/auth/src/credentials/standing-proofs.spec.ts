import { jest } from '@jest/globals';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { SecurityEvents } from '../events/security-events.js';
import { AppIdentity } from '../identity/identity.js';
import { ClientIp } from '../net/client-ip.js';
import { Replicator } from '../replication/replicator.js';
import { RequestContext } from '../request/request-context.js';
import { CredentialCheck } from './credential-check.js';
import type { CredentialScheme } from './credential-scheme.js';
import { CredentialSchemes } from './credential-schemes.js';
import { STANDING } from './standing-proofs.js';

const APP = new AppIdentity({ appId: 'depot', name: 'Depot', scopes: [] });
const HEADERS = ['X-Key', 'k1', 'X-Other', 'o1'];

function schemeWith(changes: object = {}) {
  const standing = { holds: jest.fn(() => true) };
  const scheme = {
    kind: 'key',
    proves: 'app' as const,
    headers: ['x-key'],
    present: (request: RequestContext) => request.header('x-key'),
    prove: jest.fn(() => APP),
    challenge: () => ({ scheme: 'Test' }),
    nameOf: async () => undefined,
    [STANDING]: (): object | undefined => standing,
    ...changes,
  };
  return { scheme, standing };
}

function checkWith(schemes: readonly CredentialScheme[], options: { requireTls?: boolean } = {}) {
  const stream = new SecurityEvents();
  const resolved = resolveOptions({ requireTls: false, ...options }, memoryStores());
  const replicator = new Replicator(resolved, stream, CHANGES);
  return {
    check: new CredentialCheck(resolved, new CredentialSchemes(schemes), replicator, stream),
    replicator,
  };
}

/** Sends requests over one connection. */
function connection() {
  const socket = { remoteAddress: '192.0.2.1', encrypted: true };
  const clientIp = new ClientIp({ trustedProxies: [], forwardedHeader: 'Forwarded' });
  return async (
    check: CredentialCheck,
    { rawHeaders = HEADERS, url = '/', encrypted = true, changed = {} } = {},
  ) => {
    const headers: Record<string, string> = {};
    for (let index = 0; index < rawHeaders.length; index += 2)
      headers[(rawHeaders[index] as string).toLowerCase()] = rawHeaders[index + 1] as string;
    Object.assign(headers, changed);
    socket.encrypted = encrypted;
    const request = RequestContext.begin(
      { method: 'GET', url, headers, rawHeaders: [...rawHeaders], socket },
      clientIp,
    );
    await check.identify(request);
    return request;
  };
}

async function warm(scheme: CredentialScheme, options = {}) {
  const made = checkWith([scheme], options);
  const send = connection();
  await send(made.check);
  await send(made.check);
  return { ...made, send: (details = {}) => send(made.check, details) };
}

it('is not proven again for the third request with the same headers', async () => {
  const { scheme, standing } = schemeWith();
  const { send } = await warm(scheme);
  expect(scheme.prove).toHaveBeenCalledTimes(2);
  const { app, isIdentified } = await send();
  expect([app, isIdentified]).toEqual([APP, true]);
  expect(scheme.prove).toHaveBeenCalledTimes(2);
  expect(standing.holds).toHaveBeenCalledTimes(1);
});

it.each([
  [
    'what it rests on has changed',
    {},
    (holds: jest.Mock<() => boolean>) => void holds.mockReturnValue(false),
  ],
  ['there is a query', { url: '/?a=1' }, () => undefined],
  ['another header has changed', { rawHeaders: ['X-Key', 'k1', 'X-Other', 'o2'] }, () => undefined],
  ['the app has changed what was sent', { changed: { 'x-key': 'k2' } }, () => undefined],
])('is proven from the start where %s', async (_, details, change) => {
  const { scheme, standing } = schemeWith();
  const { send } = await warm(scheme);
  change(standing.holds);
  await send(details);
  expect(scheme.prove).toHaveBeenCalledTimes(3);
});

it('is proven from the start where it came in clear text, and refused', async () => {
  const { scheme } = schemeWith();
  const { send } = await warm(scheme, { requireTls: true });
  await expect(send({ encrypted: false })).rejects.toMatchObject({ code: 'tls_required' });
});

it('is proven from the start where this instance vouches for nobody, and refused', async () => {
  const { scheme } = schemeWith();
  const { send, replicator } = await warm(scheme);
  jest.spyOn(replicator, 'isRefusing', 'get').mockReturnValue(true);
  await expect(send()).rejects.toMatchObject({ code: 'temporarily_unavailable' });
});

it.each([
  ['rests on nothing that lasts', { [STANDING]: () => undefined }],
  ['is of a scheme of the app, which may look at anything', { [STANDING]: undefined }],
  ['is looked up', { prove: jest.fn(async () => APP) }],
])('is proven each time where it %s', async (_, changes) => {
  const { scheme } = schemeWith(changes);
  if (scheme[STANDING] === undefined) Reflect.deleteProperty(scheme, STANDING);
  const { send } = await warm(scheme);
  scheme.prove.mockClear();
  await send();
  expect(scheme.prove).toHaveBeenCalledTimes(1);
});

it('is proven each time where the body is a form', async () => {
  const rawHeaders = [...HEADERS, 'Content-Type', 'application/x-www-form-urlencoded'];
  const { scheme } = schemeWith();
  const { check } = checkWith([scheme]);
  const send = connection();
  for (let request = 0; request < 4; request++) await send(check, { rawHeaders });
  expect(scheme.prove).toHaveBeenCalledTimes(4);
});

it('is proven by each connection for itself', async () => {
  const { scheme } = schemeWith();
  const { check } = await warm(scheme);
  await connection()(check);
  expect(scheme.prove).toHaveBeenCalledTimes(3);
});

it('is proven where one scheme of several, which none of these headers are for, may look at anything', async () => {
  const { scheme } = schemeWith();
  const other = { ...schemeWith().scheme, kind: 'other', headers: [], present: () => undefined };
  Reflect.deleteProperty(other, STANDING);
  const { check } = checkWith([scheme, other]);
  const send = connection();
  for (let request = 0; request < 4; request++) await send(check);
  expect(scheme.prove).toHaveBeenCalledTimes(4);
});
