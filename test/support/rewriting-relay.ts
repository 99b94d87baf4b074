import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** Stands between a client and a server on this machine, and changes a word of the server to another of the same length. */
export class RewritingRelay {
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  /** @param target the port of the server */
  static async to(target: number, from: string, to: string): Promise<RewritingRelay> {
    const server = createServer((client) => relay.#relay(client, connect(target, '127.0.0.1'), from, to));
    const relay = new RewritingRelay(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  #relay(client: Socket, server: Socket, from: string, to: string): void {
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        client.destroy();
        server.destroy();
      });
    }
    client.pipe(server);
    const rewrite = new Transform({
      transform: (bytes: Buffer, _, done) =>
        done(null, Buffer.from(bytes.toString('latin1').replace(from, to), 'latin1')),
    });
    server.pipe(rewrite).pipe(client);
  }
}
