import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { Problem } from './problem-details.js';

/** Answers a request of which nothing but its head was read, and never will be. */
export function answerUnread(
  { headers, httpVersionMajor, method }: IncomingMessage,
  response: ServerResponse,
  problem: Problem,
): void {
  const { status, body } = problem;
  const length = String(Buffer.byteLength(body));
  if (httpVersionMajor > 1) response.writeHead(status, { ...problem.headers, 'Content-Length': length });
  else {
    // A flat list, with the length, is what Node sends with the least work.
    const lines = ['Content-Length', length];
    for (const [name, value] of Object.entries(problem.headers)) {
      if (typeof value === 'string') lines.push(name, value);
      else for (const text of value) lines.push(name, text);
    }
    const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    // Closing the connection is what keeps Node from reading a refused body to its end.
    if (hasBody) lines.push('Connection', 'close');
    response.writeHead(status, lines);
  }
  response.end(method === 'HEAD' || status === 304 ? undefined : body);
}

/** Closes the connection without a word, and with it every other request on it. */
export function dropConnection(request: IncomingMessage | Http2ServerRequest): void {
  // What HTTP/2 calls the socket of a request is only its stream.
  if ('stream' in request) request.stream.session?.destroy();
  else request.socket.destroy();
}
