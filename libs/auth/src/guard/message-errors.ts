import type { ArgumentsHost } from '@nestjs/common';
import type { PortcullisError } from '../errors.js';

/** A refusal where there is no HTTP, in the shape of Nest's own errors there. */
export interface MessageError {
  readonly status: 'error';
  readonly code: string;
  readonly message: string;
  readonly scope?: string;
  readonly retryAfterSeconds?: number;
}

/** What the other side may learn: what a client of HTTP would. */
export function messageOf({ code, detail, scope, retryAfterSeconds }: PortcullisError): MessageError {
  return {
    status: 'error',
    code,
    message: detail,
    ...(scope !== undefined && { scope }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

/** What is at the other end: a socket of the platform itself, or one of Socket.IO. */
interface SocketClient {
  readonly readyState?: unknown;
  send?(text: string): void;
  emit?(event: string, data: object): void;
}

/** Tells the client of a gateway, as Nest's own filter of WebSockets does. */
export function sendException(host: ArgumentsHost, data: MessageError): void {
  const client: SocketClient = host.switchToWs().getClient();
  // A plain socket has an `emit` as well, which calls its own listeners.
  if (typeof client?.readyState === 'number') client.send?.(JSON.stringify({ event: 'exception', data }));
  else client?.emit?.('exception', data);
}
