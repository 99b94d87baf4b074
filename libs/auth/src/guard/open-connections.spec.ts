import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import { OpenConnections } from './open-connections.js';

let server: Server;
let connections: OpenConnections;
let isClosed: boolean;
const clients: Socket[] = [];

beforeEach(() => {
  jest.useFakeTimers({
    doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'performance'],
  });
});
afterEach(() => {
  jest.useRealTimers();
  for (const client of clients.splice(0)) client.destroy();
  server.closeAllConnections();
});

async function listen(listener: RequestListener): Promise<void> {
  server = createServer(listener);
  connections = new OpenConnections(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
}

async function clientSaying(words: string): Promise<Socket> {
  const opened = once(server, 'connection');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  clients.push(client);
  const [socket] = (await opened) as [Socket];
  if (words !== '') {
    client.write(words);
    while (socket.bytesRead < words.length) await new Promise(setImmediate);
  }
  return client;
}

function close(): Promise<unknown> {
  isClosed = false;
  const stop = connections.endWhatOnlyWaits();
  const closed = once(server, 'close').then(() => {
    isClosed = true;
    stop();
  });
  server.close();
  return closed;
}

const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n';

it.each([
  ['nothing', ''],
  ['half of a head', 'GET / HTTP/1.1\r\n'],
])('ends what has said %s a second after the server began to close', async (_, words) => {
  await listen(() => {});
  await clientSaying(words);
  const closed = close();
  jest.advanceTimersByTime(999);
  await new Promise(setImmediate);
  expect(isClosed).toBe(false);
  jest.advanceTimersByTime(1);
  await closed;
});

it('ends a request whose body does not come after ten seconds', async () => {
  await listen(() => {});
  await clientSaying(`${POST}half`);
  const closed = close();
  jest.advanceTimersByTime(9_999);
  await new Promise(setImmediate);
  expect(isClosed).toBe(false);
  jest.advanceTimersByTime(1);
  await closed;
});

it('lets what is under way be answered, however long it takes', async () => {
  let answer = () => {};
  await listen((request, response) => {
    request.resume();
    answer = () => response.setHeader('Connection', 'close').end('in time');
  });
  const client = await clientSaying(`${POST}in a word`);
  const closed = close();
  jest.advanceTimersByTime(60_000);
  answer();
  expect(await text(client)).toContain('in time');
  await closed;
});

it('ends a connection that is kept when it has been answered since', async () => {
  let answer = () => {};
  await listen((_, response) => {
    answer = () => response.end('late');
  });
  const client = await clientSaying('GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT');
  const closed = close();
  jest.advanceTimersByTime(15_000);
  answer();
  await once(client, 'data');
  jest.advanceTimersByTime(1_000);
  await closed;
});

it('ends an answer that has begun and does not end after twenty seconds', async () => {
  await listen((_, response) => void response.write('and so on'));
  const client = await clientSaying('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(client, 'data');
  const closed = close();
  jest.advanceTimersByTime(19_999);
  await new Promise(setImmediate);
  expect(isClosed).toBe(false);
  jest.advanceTimersByTime(1);
  await closed;
});

it('ends what has become something else than HTTP after ten seconds', async () => {
  await listen(() => {});
  server.on('upgrade', (_, socket: Socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
  const client = await clientSaying('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
  await once(client, 'data');
  const closed = close();
  jest.advanceTimersByTime(9_999);
  await new Promise(setImmediate);
  expect(isClosed).toBe(false);
  jest.advanceTimersByTime(1);
  await closed;
});
