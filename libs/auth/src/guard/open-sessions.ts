import type { EventEmitter } from 'node:events';
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';

/** The sessions of HTTP/2 of a server, of which Node ends none when the server closes, and what is under way in them. */
export class OpenSessions {
  readonly #sessions = new Map<Socket, ServerHttp2Session>();
  readonly #streams = new Set<ServerHttp2Stream>();
  /** Those whose session was over at the last look, and whose client has yet to close its side. */
  readonly #left = new Set<Socket>();
  #newest: ServerHttp2Session | undefined;

  /** @param server one of HTTP/1 alone has neither event */
  constructor(server: EventEmitter) {
    server.on('session', (session: ServerHttp2Session) => {
      this.#newest = session;
    });
    server.on('stream', (stream: ServerHttp2Stream) => {
      this.#streams.add(stream);
      stream.once('close', () => this.#streams.delete(stream));
    });
  }

  /** Keeps the connection of which a session has just been made. */
  keep(socket: Socket): void {
    if (this.#newest === undefined) return;
    this.#sessions.set(socket, this.#newest);
    this.#newest = undefined;
    socket.once('close', () => {
      this.#sessions.delete(socket);
      this.#left.delete(socket);
    });
  }

  /** Takes no further requests, and ends the sessions in which nothing is under way; at the next call their connections as well. */
  endSilent(): void {
    for (const socket of this.#left) socket.destroy();
    for (const [socket, session] of this.#sessions) {
      session.close();
      if (session.destroyed) this.#left.add(socket);
    }
  }

  /** Ends the requests that have not come in full. */
  endIncomplete(): void {
    this.#endWhere(({ state }) => state.state === constants.NGHTTP2_STREAM_STATE_OPEN);
  }

  /** Ends the answers that have begun, and what is left of those that nobody takes. */
  endBegun(): void {
    this.#endWhere(({ headersSent }) => headersSent);
    const busy = new Set([...this.#streams].map(({ session }) => session));
    for (const session of this.#sessions.values()) if (!busy.has(session)) session.destroy();
  }

  #endWhere(isToEnd: (stream: ServerHttp2Stream) => boolean): void {
    for (const stream of this.#streams) if (isToEnd(stream)) stream.destroy();
  }
}
