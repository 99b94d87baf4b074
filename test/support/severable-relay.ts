import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** How a link is cut: connections break and none is made, or nothing is heard any more, as behind a firewall. */
export type Cut = 'broken' | 'silent';

/** Stands between a client and a server on this machine, and can be cut and mended. */
export class SeverableRelay {
  readonly #server: Server;
  /** Both ends of each connection. */
  readonly #sockets = new Set<Socket>();
  #cut: Cut | undefined;

  private constructor(private readonly target: number) {
    this.#server = createServer((client) => this.#relay(client));
  }

  /** @param target the port of the server */
  static async to(target: number): Promise<SeverableRelay> {
    const relay = new SeverableRelay(target);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  cut(how: Cut): void {
    this.#cut = how;
    for (const socket of this.#sockets) how === 'broken' ? socket.destroy() : socket.pause();
  }

  /** What was said in silence arrives now. */
  mend(): void {
    this.#cut = undefined;
    for (const socket of this.#sockets) socket.resume();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #relay(client: Socket): void {
    if (this.#cut === 'broken') {
      client.destroy();
      return;
    }
    const server = connect(this.target, '127.0.0.1');
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => {});
      from.on('data', (bytes) => to.write(bytes));
      from.once('end', () => to.end());
      from.once('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      if (this.#cut === 'silent') from.pause();
    }
  }
}
