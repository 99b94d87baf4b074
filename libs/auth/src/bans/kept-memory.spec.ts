import type { IncomingMessage } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { CredentialSchemes } from '../credentials/credential-schemes.js';
import { ClientIp } from '../net/client-ip.js';
import { RequestContext } from '../request/request-context.js';
import { FinishedResponse } from './finished-response.js';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const REQUESTS = 2_000;
const stores = memoryStores();

/** About what Node takes of a URL or a header, in a text of its own as Node makes them. */
const long = (start: string, end = '') => Buffer.from(start + 'x'.repeat(15_000) + end).toString('latin1');

function bytesKeptBy(make: (index: number) => unknown): number {
  const kept: unknown[] = [];
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < REQUESTS; index++) kept.push(make(index));
  collectGarbage();
  const after = process.memoryUsage().heapUsed;
  expect(kept).toHaveLength(REQUESTS);
  return (after - before) / REQUESTS;
}

describe('what is kept of a request with 15 KB', () => {
  const clientIp = new ClientIp(resolveOptions({ trustedProxies: ['10.0.0.1'] }, stores));
  const requestWith = (url: string, forwarded: string) =>
    ({
      ...{ method: 'GET', url, socket: { remoteAddress: '10.0.0.1' } },
      headers: { 'x-forwarded-for': forwarded },
      rawHeaders: ['X-Forwarded-For', forwarded],
    }) as unknown as IncomingMessage;

  const strikeOf = (url: string) => {
    const context = RequestContext.begin(requestWith(url, '203.0.113.7'), clientIp);
    const rule = { id: 'probing', match: { status: 404 }, score: 1, windowSeconds: 1 };
    return new FinishedResponse(context, 404, [], new CredentialSchemes([])).strikeBy(rule, 1, 0);
  };

  // At once: of a worker that has run many specs, collecting the garbage is all that this costs.
  it('in its URL is little in a strike, and in X-Forwarded-For with the address', () => {
    const bytes = bytesKeptBy((index) => [
      strikeOf(long(`/backups/today${index}`)),
      strikeOf(long(`/backups/today?${index}`)),
      clientIp.of(requestWith('/', long('', `, 2001:db8:0:${index.toString(16)}::1`))),
    ]);
    expect(bytes).toBeLessThan(6_000);
  });
});
