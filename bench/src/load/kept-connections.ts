import { connect, type Socket } from 'node:net';

const END_OF_HEAD = '\r\n\r\n';

/** What is done with each answer. */
export type OnAnswer = (status: number, body: string) => void;

/**
 * Connections that are kept from one window to the next: to open one takes a server longer than to answer, and the shorter a window, the
 * more it would be of what is measured.
 */
export class KeptConnections {
  readonly #byUrl = new Map<string, KeptConnection[]>();

  /** So many connections to a server. */
  to(url: string, count: number): readonly KeptConnection[] {
    const kept = this.#byUrl.get(url) ?? [];
    while (kept.length < count) kept.push(new KeptConnection(new URL(url)));
    this.#byUrl.set(url, kept);
    return kept.slice(0, count);
  }

  close(): void {
    for (const connection of [...this.#byUrl.values()].flat()) connection.close();
  }
}

/** A connection over which one request is under way at a time. */
class KeptConnection {
  #socket: Socket | undefined;

  constructor(private readonly url: URL) {}

  /**
   * Sends the requests, each when the one before is answered.
   *
   * @param requests whole heads, as they go over the wire
   * @throws Error where the connection ends before all are answered
   */
  send(requests: readonly string[], onAnswer: OnAnswer): Promise<void> {
    const socket = this.#connected();
    return new Promise((resolve, reject) => {
      let answered = 0;
      let received = '';
      const settle = (error?: Error) => {
        socket.off('data', onData).off('close', onClose).off('error', reject);
        if (error === undefined) resolve();
        else reject(error);
      };
      const onClose = () => settle(new Error('a connection was closed'));
      const onData = (text: string) => {
        received += text;
        const length = lengthOf(received);
        if (Number.isNaN(length)) return settle(new Error('an answer does not say how long it is'));
        if (length === undefined || received.length < length) return;
        onAnswer(Number(received.slice(9, 12)), received.slice(received.indexOf(END_OF_HEAD) + 4, length));
        received = received.slice(length);
        answered += 1;
        if (answered === requests.length) settle();
        else socket.write(requests[answered] as string, 'latin1');
      };
      socket.on('data', onData).on('close', onClose).on('error', reject);
      socket.write(requests[0] as string, 'latin1');
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #connected(): Socket {
    if (this.#socket === undefined || this.#socket.destroyed) {
      this.#socket = connect({ port: Number(this.url.port), host: this.url.hostname, noDelay: true });
      this.#socket.setEncoding('latin1');
    }
    return this.#socket;
  }
}

/** How long the answer is that has begun to arrive, with its head, once that is known. All that are measured say how long their body is. */
function lengthOf(received: string): number | undefined {
  const endOfHead = received.indexOf(END_OF_HEAD);
  if (endOfHead === -1) return undefined;
  const head = received.slice(0, endOfHead);
  return endOfHead + END_OF_HEAD.length + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1]);
}
