import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { IpBanMiddleware } from '../bans/ip-ban.middleware.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import { Exchanges } from './exchanges.js';
import { installFirst } from './platform.js';
import { problemOf } from './problem.js';

/** The first code of ours that a request runs into: before the body parser, on either platform. */
@Injectable()
export class Entrance {
  constructor(
    host: HttpAdapterHost,
    private readonly exchanges: Exchanges,
    private readonly ipBan: IpBanMiddleware,
    @Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    // A test creates the adapter only after the providers; an application context has none at all.
    host.init$.subscribe(() =>
      installFirst(host.httpAdapter, (request, response) => this.#enter(request, response)),
    );
  }

  /** @returns whether the request was answered here and must go no further */
  #enter(request: IncomingMessage, response: ServerResponse): boolean {
    const exchange = this.exchanges.begin(request, response);
    // A browser hides the answer to a refused preflight from its page. It may pass: it carries no credential,
    // and where a handler takes OPTIONS itself the guard screens it after all.
    if (!this.options.bans.global || exchange.isPreflight) return false;
    const refusal = this.ipBan.screen(exchange);
    if (refusal === undefined) return false;

    exchange.refuse(refusal);
    const { status, headers, body } = problemOf(refusal, exchange.requestId, this.options);
    const unread =
      request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
    // Closing the connection is what keeps Node from reading a refused body to its end.
    response.writeHead(status, {
      ...headers,
      ...(unread && request.httpVersionMajor < 2 && { Connection: 'close' }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
    return true;
  }
}
