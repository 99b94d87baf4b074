import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, connect as openConnection } from 'node:net';
import { text } from 'node:stream/consumers';
import { OpenSessions } from './open-sessions.js';

let server: Http2Server;
let sessions: OpenSessions;
let client: ClientHttp2Session;
let port: number;

beforeEach(async () => {
  server = createServer();
  sessions = new OpenSessions(server);
  server.on('connection', (socket) => sessions.keep(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ({ port } = server.address() as AddressInfo);
  client = connect(`http://127.0.0.1:${port}`);
  await once(client, 'remoteSettings');
});

afterEach(() => client.destroy());

/** A request that has come, and the stream that answers it. */
async function asked(method: string, body?: string): Promise<[ClientHttp2Stream, ServerHttp2Stream]> {
  const [came, request] = [once(server, 'stream'), client.request({ ':method': method })];
  request.on('error', () => {});
  if (body !== undefined) request.write(body);
  const [stream] = (await came) as [ServerHttp2Stream];
  // That nothing else comes is known only after the event.
  await new Promise(setImmediate);
  return [request, stream];
}

it('ends a session in which nothing was asked', async () => {
  server.close();
  sessions.endSilent();
  await once(server, 'close');
});

it.each([
  ['has said nothing', ''],
  ['has begun and does not go on', 'PRI * HTTP/2.0'],
  ['does not close its side', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
])('ends the connection of a client that %s, two looks later', async (_, words) => {
  client.destroy();
  const opened = once(server, 'session');
  const silent = openConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
  silent.write(words);
  const [session] = (await opened) as [ServerHttp2Session];
  server.close();
  sessions.endSilent();
  while (!session.destroyed) await new Promise(setImmediate);
  sessions.endSilent();
  expect(silent.destroyed).toBe(false);
  sessions.endSilent();
  await once(server, 'close');
  silent.destroy();
});

it('lets what is under way be answered, takes nothing else, and ends with it', async () => {
  const [request, stream] = await asked('GET');
  const said = once(client, 'goaway');
  server.close();
  sessions.endSilent();
  sessions.endIncomplete();
  sessions.endBegun();
  await said;
  stream.respond();
  stream.end('in time');
  expect(await text(request)).toBe('in time');
  await once(server, 'close');
});

it('ends a request that has not come in full', async () => {
  await asked('POST', 'half');
  server.close();
  sessions.endSilent();
  sessions.endIncomplete();
  await once(server, 'close');
});

it('ends an answer that has begun, and that nobody takes', async () => {
  const [request, stream] = await asked('GET');
  const { session } = stream;
  stream.respond();
  stream.write(Buffer.alloc(1_000_000));
  await once(request, 'response');
  server.close();
  sessions.endSilent();
  const ended = once(stream, 'close');
  sessions.endBegun();
  await ended;
  sessions.endBegun();
  while (!session?.destroyed) await new Promise(setImmediate);
  sessions.endSilent();
  sessions.endSilent();
  await once(server, 'close');
});
