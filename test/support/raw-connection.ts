import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawResponse {
  readonly status: number;
  /** By lower-case name; of several with one name, the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One TCP connection on which a test writes what no HTTP client would. One byte is one character here. */
export class RawConnection {
  #received = '';
  #method = '';

  private constructor(
    private readonly socket: Socket,
    readonly host: string,
    /** Resolves when the server has closed the connection. */
    readonly closed: Promise<unknown>,
  ) {
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#received += text;
    });
    // A server that refuses an upload may reset the connection; what it said before is what counts.
    socket.on('error', () => {});
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port, host } = new URL(url);
    const socket = connect(Number(port), hostname);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await once(socket, 'connect');
    return new RawConnection(socket, host, closed);
  }

  /** Sends a request: its first line without the version, and its header lines besides `Host`. */
  request(line: string, headers: readonly string[] = [], body = ''): void {
    this.#method = line.split(' ', 1)[0] as string;
    this.socket.write(
      [`${line} HTTP/1.1`, `Host: ${this.host}`, ...headers, '', body].join('\r\n'),
      'latin1',
    );
  }

  /** Sends more of the body of a request. */
  continue(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Reads the next response. */
  async response(): Promise<RawResponse> {
    for (;;) {
      const parsed = this.#take();
      if (parsed !== undefined) return parsed;
      if (this.socket.closed) throw new Error(`Closed after ${JSON.stringify(this.#received)}`);
      await Promise.race([new Promise((resolve) => this.socket.once('data', resolve)), this.closed]);
    }
  }

  /** Goes away without a word. */
  destroy(): void {
    this.socket.destroy();
  }

  /** Takes a response off what was received; undefined while it is not complete. */
  #take(): RawResponse | undefined {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end === -1) return undefined;
    const [statusLine = '', ...lines] = this.#received.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(lines.map(nameAndValue));
    const rest = this.#received.slice(end + 4);
    const taken = this.#method === 'HEAD' ? { body: '', length: 0 } : takeBody(rest, headers);
    if (taken === undefined) return undefined;
    this.#received = rest.slice(taken.length);
    return { status: Number(statusLine.split(' ')[1]), headers, body: taken.body };
  }
}

/** Sends one request on a connection of its own and reads the answer. */
export async function rawRequest(
  url: string,
  line: string,
  headers: readonly string[],
  body = '',
): Promise<RawResponse> {
  const connection = await RawConnection.open(url);
  try {
    connection.request(line, headers, body);
    return await connection.response();
  } finally {
    connection.destroy();
  }
}

function nameAndValue(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** The body at the start of a text, and how much of the text it takes up. */
function takeBody(
  text: string,
  headers: Record<string, string>,
): { body: string; length: number } | undefined {
  if (headers['transfer-encoding'] === 'chunked') return takeChunks(text);
  const length = Number(headers['content-length'] ?? 0);
  return text.length < length ? undefined : { body: text.slice(0, length), length };
}

function takeChunks(text: string): { body: string; length: number } | undefined {
  let body = '';
  let position = 0;
  for (;;) {
    const sizeEnd = text.indexOf('\r\n', position);
    if (sizeEnd === -1) return undefined;
    const size = Number.parseInt(text.slice(position, sizeEnd), 16);
    const next = sizeEnd + 2 + size + 2;
    if (text.length < next) return undefined;
    body += text.slice(sizeEnd + 2, sizeEnd + 2 + size);
    position = next;
    if (size === 0) return { body, length: position };
  }
}
