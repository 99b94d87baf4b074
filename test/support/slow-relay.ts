import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** Stands between a client and a server on this machine, and holds back what the server says. */
export class SlowRelay {
  /** How long everything that the server says is held back, in milliseconds. */
  delayMs = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** @param target the port of the server; another one is for connections from then on */
  private constructor(public target: number) {
    this.#server = createServer((client) => this.#relay(client));
  }

  static async to(target: number): Promise<SlowRelay> {
    const relay = new SlowRelay(target);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #relay(client: Socket): void {
    const server = connect(this.target, '127.0.0.1');
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.pipe(server);
    const held = new Transform({
      transform: (bytes, _, done) => {
        setTimeout(() => done(null, bytes), this.delayMs);
      },
    });
    server.pipe(held).pipe(client);
  }
}
