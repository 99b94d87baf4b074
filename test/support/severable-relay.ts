import type { Socket } from 'node:net';
import { Relay } from './relay.js';

/** How a link is cut: connections break and none is made, or nothing is heard any more, as behind a firewall. */
export type Cut = 'broken' | 'silent';

/** Can be cut, or led somewhere else, and mended. */
export class SeverableRelay extends Relay {
  readonly #home = this.target;
  #cut: Cut | undefined;

  /** @param target the port of the server */
  static to(target: number): Promise<SeverableRelay> {
    return new SeverableRelay(target).listen();
  }

  cut(how: Cut): void {
    this.#cut = how;
    for (const socket of this.sockets) how === 'broken' ? socket.destroy() : socket.pause();
  }

  /** Leads to the server at another port, as a name does that has been given to it. */
  lead(target: number): void {
    this.target = target;
    for (const socket of this.sockets) socket.destroy();
  }

  /** What was said in silence arrives now. */
  mend(): void {
    if (this.target !== this.#home) this.lead(this.#home);
    this.#cut = undefined;
    for (const socket of this.sockets) socket.resume();
  }

  protected override isOpen(): boolean {
    return this.#cut !== 'broken';
  }

  protected override join(client: Socket, server: Socket): void {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('data', (bytes) => to.write(bytes));
      from.once('end', () => to.end());
      if (this.#cut === 'silent') from.pause();
    }
  }
}
