import type { ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

/** How long a connection may be open on which nothing is asked, when the server closes, in milliseconds. */
const PATIENCE_WITH_SILENCE_MS = 1_000;
/** How long a request may take to come in full then, in milliseconds. */
const PATIENCE_WITH_REQUESTS_MS = 10_000;

/** As Node's server keeps its connections, and asks itself which of them are idle. */
interface HttpSocket extends Socket {
  /** What reads requests; none where the connection is used for something else. */
  readonly parser?: object | null;
  /** What answers the request that is under way. */
  readonly _httpMessage?: ServerResponse | null;
}

/**
 * The connections of a server. When it closes, Node waits for each on which no request has come yet, or not all of one, and its own limits
 * on their time have ended by then: one silent client would keep the app from stopping.
 */
export class OpenConnections {
  readonly #sockets = new Set<HttpSocket>();

  /** Those of a server of an adapter; none where it has no server of Node. */
  static of(server: unknown): OpenConnections | undefined {
    return server instanceof NetServer ? new OpenConnections(server) : undefined;
  }

  constructor(server: NetServer) {
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /**
   * To be called when the server begins to close: ends what is still silent a second later, and what has not come in full after ten. What
   * is being answered is not touched.
   *
   * @returns what is to be called once it has closed
   */
  endWhatOnlyWaits(): () => void {
    const timers = [
      setTimeout(() => this.#endWhere((response) => !response), PATIENCE_WITH_SILENCE_MS),
      setTimeout(() => this.#endWhere((response) => !response?.req.complete), PATIENCE_WITH_REQUESTS_MS),
    ];
    return () => timers.forEach(clearTimeout);
  }

  #endWhere(isToEnd: (response: ServerResponse | null | undefined) => boolean): void {
    for (const socket of this.#sockets) if (socket.parser && isToEnd(socket._httpMessage)) socket.destroy();
  }
}
