import type { Socket } from 'node:net';
import { Transform } from 'node:stream';
import { Relay } from './relay.js';

/** Changes a word of the server to another of the same length. */
export class RewritingRelay extends Relay {
  private constructor(
    target: number,
    private readonly from: string,
    private readonly to: string,
  ) {
    super(target);
  }

  /** @param target the port of the server */
  static to(target: number, from: string, to: string): Promise<RewritingRelay> {
    return new RewritingRelay(target, from, to).listen();
  }

  protected override join(client: Socket, server: Socket): void {
    client.pipe(server);
    const rewrite = new Transform({
      transform: (bytes: Buffer, _, done) =>
        done(null, Buffer.from(bytes.toString('latin1').replace(this.from, this.to), 'latin1')),
    });
    server.pipe(rewrite).pipe(client);
  }
}
