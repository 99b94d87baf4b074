import { Server as HttpServer, type ServerResponse } from 'node:http';
import { Server as NetServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type TLSSocket, Server as TlsServer } from 'node:tls';
import { OpenSessions } from './open-sessions.js';

/** How often what is still open is looked at when the server closes, in milliseconds: what asks nothing then is ended. */
const LOOK_EVERY_MS = 1_000;
/** From which look on what has not come in full is ended, and what has become something else than HTTP. */
const LOOKS_FOR_REQUESTS = 10;
/** From which look on answers are ended that have begun and do not end, so that all is over before a process is killed after 30 s. */
const LOOKS_FOR_ANSWERS = 20;

/** As Node's server keeps its connections, and asks itself which of them are idle. */
interface HttpSocket extends Socket {
  /** What reads requests; none where the connection is used for something else. */
  readonly parser?: object | null;
  /** What answers the request that is under way. */
  readonly _httpMessage?: ServerResponse | null;
}

/** As Node wraps the connection of which TLS makes another. */
interface SecureSocket extends TLSSocket {
  readonly _handle?: { readonly _parentWrap?: Socket } | null;
}

/**
 * The connections of a server. When it closes, Node waits for each on which no request has come yet, or not all of one, or that was never
 * secured, and its own limits on their time have ended by then or are minutes: one silent client would keep the app from stopping.
 */
export class OpenConnections {
  /** Those that TLS has yet to secure. */
  readonly #unsecured = new Set<Socket>();
  /** Those of HTTP/1, and what has become of them. */
  readonly #sockets = new Set<HttpSocket>();
  readonly #sessions: OpenSessions;

  /** Those of a server of an adapter; none where it has no server of Node. */
  static of(server: unknown): OpenConnections | undefined {
    return server instanceof NetServer ? new OpenConnections(server) : undefined;
  }

  constructor(server: NetServer) {
    this.#sessions = new OpenSessions(server);
    const isTls = server instanceof TlsServer;
    if (isTls)
      server.on('connection', (socket: Duplex) => {
        // What else somebody lets a server take for a connection is wrapped otherwise, and could not be found again.
        if (socket instanceof Socket) keepIn(this.#unsecured, socket);
      });
    server.on(isTls ? 'secureConnection' : 'connection', (socket: SecureSocket) => {
      this.#unsecured.delete(socket._handle?._parentWrap as Socket);
      const isHttp1 = isTls ? socket.alpnProtocol !== 'h2' : server instanceof HttpServer;
      if (isHttp1) keepIn(this.#sockets, socket);
      else this.#sessions.keep(socket);
    });
  }

  /**
   * To be called when the server begins to close: ends what is silent, each second; after ten what has not come in full, and what has become
   * something else than HTTP, whose own end has had its time; after twenty the answers that have begun and do not end, such as streams of
   * events, or those that nobody takes. What a handler has yet to answer is not touched.
   *
   * @returns what is to be called once it has closed
   */
  endWhatOnlyWaits(): () => void {
    let looks = 0;
    this.#sessions.endSilent();
    const timer = setInterval(() => {
      looks += 1;
      this.#endSilent();
      if (looks >= LOOKS_FOR_REQUESTS) this.#endIncomplete();
      if (looks >= LOOKS_FOR_ANSWERS) this.#endBegun();
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }

  #endSilent(): void {
    for (const socket of this.#unsecured) socket.destroy();
    this.#endWhere(({ parser, _httpMessage }) => parser && !_httpMessage);
    this.#sessions.endSilent();
  }

  #endIncomplete(): void {
    this.#endWhere(({ _httpMessage }) => !_httpMessage?.req.complete);
    this.#sessions.endIncomplete();
  }

  #endBegun(): void {
    this.#endWhere(({ _httpMessage }) => _httpMessage?.headersSent);
    this.#sessions.endBegun();
  }

  #endWhere(isToEnd: (socket: HttpSocket) => unknown): void {
    for (const socket of this.#sockets) if (isToEnd(socket)) socket.destroy();
  }
}

function keepIn<Kept extends Socket>(sockets: Set<Kept>, socket: Kept): void {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
}
