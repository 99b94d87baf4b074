import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { dropConnection } from './answer-before-body.js';
import { GUARD_SETTINGS, type GuardSettings } from './guard-settings.js';

/**
 * Lets banned callers wait for their refusal (`bans.answer: 'tarpit'`): a scanner that goes one request after another is held up, and holds
 * up one connection. There are so many at once and no more; whoever finds no room is refused at once.
 */
@Injectable()
export class Tarpit implements BeforeApplicationShutdown {
  /** How each that waits is answered now. */
  readonly #waiting = new Set<() => void>();
  /** Connections with one that waits. */
  readonly #held = new WeakSet<object>();
  #isClosed = false;

  constructor(@Inject(GUARD_SETTINGS) private readonly settings: GuardSettings) {}

  /** Answers them all: a server closes when its last request has its answer. */
  beforeApplicationShutdown(): void {
    this.#isClosed = true;
    for (const answer of [...this.#waiting]) answer();
  }

  /** @param answer refuses the request; called once, unless its client leaves before */
  hold(request: IncomingMessage, response: ServerResponse, answer: () => void): void {
    const { connections } = this.settings.bans.tarpit;
    const connection = connectionOf(request);
    const isHeld = this.#held.has(connection);
    // Whoever sends on without waiting would have Node keep an answer for each.
    if (isHeld && request.httpVersionMajor < 2) dropConnection(request);
    else if (isHeld || this.#isClosed || this.#waiting.size >= connections || leavesUnseen(request)) answer();
    else this.#hold(connection, request, response, answer);
  }

  #hold(connection: object, request: IncomingMessage, response: ServerResponse, answer: () => void): void {
    const end = () => {
      clearTimeout(timer);
      this.#waiting.delete(answerNow);
      this.#held.delete(connection);
    };
    const answerNow = () => {
      end();
      response.off('close', end);
      if (request.httpVersionMajor < 2) response.setHeader('Connection', 'close');
      answer();
    };
    const timer = setTimeout(answerNow, this.settings.bans.tarpit.delaySeconds * 1000).unref();
    this.#waiting.add(answerNow);
    this.#held.add(connection);
    response.on('close', end);
  }
}

/** Whether nobody would see that its client leaves: Node stops reading where a body of HTTP/1.1 comes that nobody takes. */
function leavesUnseen({ httpVersionMajor, headers, readableHighWaterMark }: IncomingMessage): boolean {
  if (httpVersionMajor >= 2) return false;
  const isEndless = headers['transfer-encoding'] !== undefined;
  return isEndless || Number(headers['content-length'] ?? 0) >= readableHighWaterMark;
}

/** What HTTP/2 calls the socket of a request is only its stream. */
function connectionOf(request: IncomingMessage | Http2ServerRequest): object {
  return ('stream' in request ? request.stream.session : undefined) ?? request.socket;
}
