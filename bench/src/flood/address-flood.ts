import { connect, type Socket } from 'node:net';

/** How often some of it is sent, in milliseconds. */
const TICK_MS = 10;

/** A server that does not keep up gets no more than so many at once. */
const UNANSWERED_AT_MOST = 500;

const CONNECTIONS = 10;

/** Requests at a steady rate, each from an address that was never there, for a path that nobody has. */
export class AddressFlood {
  readonly #sockets: readonly Socket[];
  readonly #timer: NodeJS.Timeout;
  readonly #began = performance.now();
  #sent = 0;
  #answered = 0;

  /** @param rate in requests a second @param first number of an address that was not used yet */
  constructor(
    url: string,
    private readonly rate: number,
    private readonly first: number,
  ) {
    const { hostname, port } = new URL(url);
    this.#sockets = Array.from({ length: CONNECTIONS }, () =>
      connect(Number(port), hostname)
        .setEncoding('latin1')
        .on('error', () => undefined)
        .on('data', (text: string) => {
          this.#answered += text.split('HTTP/1.1 ').length - 1;
        }),
    );
    this.#timer = setInterval(() => this.#send(), TICK_MS);
  }

  /** How many requests were answered in a second. */
  get answeredInASecond(): number {
    return (1_000 * this.#answered) / (performance.now() - this.#began);
  }

  /** @returns how many addresses it has used */
  stop(): number {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
    return this.#sent;
  }

  #send(): void {
    const due = Math.floor(((performance.now() - this.#began) * this.rate) / 1_000) - this.#sent;
    const room = Math.min(due, UNANSWERED_AT_MOST - (this.#sent - this.#answered));
    for (let count = 0; count < room; count++) {
      const number = this.first + this.#sent++;
      const socket = this.#sockets[number % CONNECTIONS] as Socket;
      socket.write(requestFrom(addressOf(number), `/missing/${number}`));
    }
  }
}

export function requestFrom(address: string, path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: bench\r\nUser-Agent: flood\r\nX-Forwarded-For: ${address}\r\n\r\n`;
}

function addressOf(number: number): string {
  return `${20 + ((number >> 22) & 63)}.${(number >> 14) & 255}.${(number >> 6) & 255}.${(number & 63) << 2}`;
}
