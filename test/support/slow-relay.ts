import type { Socket } from 'node:net';
import { Transform } from 'node:stream';
import { Relay } from './relay.js';

/** Holds back what the server says. */
export class SlowRelay extends Relay {
  /** How long everything that the server says is held back, in milliseconds. */
  delayMs = 0;

  /** @param target the port of the server */
  static to(target: number): Promise<SlowRelay> {
    return new SlowRelay(target).listen();
  }

  protected override join(client: Socket, server: Socket): void {
    client.pipe(server);
    const held = new Transform({
      transform: (bytes, _, done) => {
        setTimeout(() => done(null, bytes), this.delayMs);
      },
    });
    server.pipe(held).pipe(client);
  }
}
