import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, get, request } from 'node:https';
import { text } from 'node:stream/consumers';

const read = (name: string) => readFileSync(new URL(`./tls/${name}`, import.meta.url), 'utf8');

/** A key and a certificate for 127.0.0.1 that are worth nothing outside of tests. */
export const testTls = { key: read('test-only.key.pem'), cert: read('test-only.cert.pem') };

/** A client's key and certificate. */
export interface ClientTls {
  readonly key: string;
  readonly cert: string;
}

const clientTls = (name: string): ClientTls => ({
  key: read(`test-only.${name}.key.pem`),
  cert: read(`test-only.${name}.cert.pem`),
});

/** Clients with certificates of their own, one of which is not valid any more. */
export const clients = {
  phone: clientTls('phone'),
  laptop: clientTls('laptop'),
  expired: clientTls('expired'),
};

/** The status of a GET over TLS, in which the client shows its certificate; header lines as they are given. */
export async function statusWithCertificate(
  url: string,
  headers: Record<string, string | string[]>,
  client?: ClientTls,
  agent: Agent | false = false,
): Promise<number> {
  const request = get(url, { ca: testTls.cert, headers, agent, ...client });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.statusCode as number;
}

/** The status of a GET over TLS, from a client that trusts only the test's certificate. */
export async function statusOverTls(url: string, headers: Record<string, string>): Promise<number> {
  const request = get(url, { ca: testTls.cert, headers, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode as number;
}

/** As `fetch`, for whoever trusts only the test's certificate. */
export const fetchOverTls: typeof fetch = async (place, { method = 'GET', headers, body } = {}) => {
  const form = body instanceof URLSearchParams && { 'content-type': 'application/x-www-form-urlencoded' };
  const content = body === undefined || body === null ? undefined : String(body);
  const sent = {
    ...form,
    ...(content !== undefined && { 'content-length': Buffer.byteLength(content) }),
    ...Object.fromEntries(new Headers(headers)),
  };
  const asking = request(String(place), { method, headers: sent, ca: testTls.cert, agent: false });
  asking.end(content);
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  const received = Object.entries(response.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value) => [name, value] as [string, string]),
  );
  const status = response.statusCode as number;
  const answered = await text(response);
  return new Response([204, 304].includes(status) ? null : answered, { status, headers: received });
};
