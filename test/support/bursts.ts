import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';

/** One of many requests that are sent together. */
export interface Shot {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends all requests as fast as its way allows. @returns the status of each answer, in no particular order */
export type Burst = (url: string, shots: readonly Shot[]) => Promise<number[]>;

/** Each on a connection of its own. */
export async function inParallel(url: string, shots: readonly Shot[]): Promise<number[]> {
  const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
  return Promise.all(
    shots.map(async ({ method, path, headers, body }) => {
      const sent = request(new URL(path, url), { method, headers: { ...headers, ...lengthOf(body) }, agent });
      sent.end(body);
      const [response] = await once(sent, 'response');
      response.resume();
      await once(response, 'end');
      return response.statusCode as number;
    }),
  );
}

/** All of them on one connection, without waiting for an answer. */
export async function pipelined(url: string, shots: readonly Shot[]): Promise<number[]> {
  const { host } = new URL(url);
  const last = shots.length - 1;
  const text = shots
    .map((shot, index) => headOf(shot, host, index === last ? 'close' : 'keep-alive') + (shot.body ?? ''))
    .join('');
  return statusesIn(await exchange(url, (send) => send(text)));
}

/** Each on a connection of its own, and no body before all heads have arrived: Node then asks for it (RFC 9110 section 10.1.1). */
export async function heldBack(url: string, shots: readonly Shot[]): Promise<number[]> {
  const { host } = new URL(url);
  const bodies: (() => void)[] = [];
  const answers = shots.map(({ headers, ...shot }) =>
    exchange(
      url,
      (send) => send(headOf({ ...shot, headers: { ...headers, expect: '100-continue' } }, host, 'close')),
      (send) => {
        bodies.push(() => send(shot.body ?? ''));
        if (bodies.length === shots.length) for (const sendBody of bodies) sendBody();
      },
    ),
  );
  return (await Promise.all(answers)).flatMap(statusesIn).filter((status) => status !== 100);
}

/** As streams of one HTTP/2 connection, in clear text. */
export async function asStreams(url: string, shots: readonly Shot[]): Promise<number[]> {
  const session: ClientHttp2Session = connectHttp2(url);
  try {
    return await Promise.all(
      shots.map(async ({ method, path, headers, body }) => {
        const stream = session.request({ ':method': method, ':path': path, ...headers });
        stream.end(body);
        const [answer] = await once(stream, 'response');
        stream.resume();
        await once(stream, 'end');
        return answer[':status'] as number;
      }),
    );
  } finally {
    session.close();
  }
}

function headOf({ method, path, headers, body }: Shot, host: string, connection: string): string {
  const lines = Object.entries({ ...headers, ...lengthOf(body) }).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} HTTP/1.1`, `Host: ${host}`, `Connection: ${connection}`, ...lines, '', ''].join(
    '\r\n',
  );
}

function lengthOf(body: string | undefined): Record<string, string> {
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
}

type Talk = (send: (text: string) => void) => void;

/** Everything that comes back on a connection until the server closes it. */
async function exchange(url: string, talk: Talk, goOn?: Talk): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  const send = (text: string) => void socket.write(text);
  if (goOn !== undefined) socket.once('data', () => goOn(send));
  talk(send);
  await closed;
  return received;
}

function statusesIn(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
