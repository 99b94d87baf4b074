import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';

const read = (name: string) => readFileSync(new URL(`./tls/${name}`, import.meta.url), 'utf8');

/** A key and a certificate for 127.0.0.1 that are worth nothing outside of tests. */
export const testTls = { key: read('test-only.key.pem'), cert: read('test-only.cert.pem') };

/** The status of a GET over TLS, from a client that trusts only the test's certificate. */
export async function statusOverTls(url: string, headers: Record<string, string>): Promise<number> {
  const request = get(url, { ca: testTls.cert, headers, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode as number;
}
