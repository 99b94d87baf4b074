import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a server on this machine. */
export abstract class Relay {
  /** Both ends of each connection. */
  protected readonly sockets = new Set<Socket>();
  readonly #server = createServer((client) => this.#take(client));

  /** @param target the port of the server; another one is for connections from then on */
  protected constructor(public target: number) {}

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  protected async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  /** Whether there is a way to the server. */
  protected isOpen(): boolean {
    return true;
  }

  /** Passes on what each says to the other. */
  protected abstract join(client: Socket, server: Socket): void;

  #take(client: Socket): void {
    if (!this.isOpen()) {
      client.destroy();
      return;
    }
    const server = connect(this.target, '127.0.0.1');
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(one);
      one.on('error', () => {});
      one.once('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
    }
    this.join(client, server);
  }
}
