import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { IpBanMiddleware } from '../bans/ip-ban.middleware.js';
import { PortcullisConfigurationError } from '../errors.js';
import type { Exchange } from '../identity/exchange.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import { Misuse } from '../revocation/misuse.js';
import { TokenVerifier } from '../tokens/token-verifier.js';
import { Exchanges } from './exchanges.js';
import { installFirst } from './platform.js';
import { problemOf } from './problem.js';

/** The first code of ours that a request runs into: before the body parser, on either platform. */
@Injectable()
export class Entrance implements OnModuleInit {
  #isInstalled = false;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly exchanges: Exchanges,
    private readonly ipBan: IpBanMiddleware,
    private readonly verifier: TokenVerifier,
    private readonly misuse: Misuse,
    @Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    // A test creates the adapter only after the providers.
    host.init$.subscribe(() => {
      const enter = (request: IncomingMessage, response: ServerResponse) => this.#enter(request, response);
      // An app without HTTP has no adapter, and nothing to enter by.
      if (host.httpAdapter) this.#isInstalled = installFirst(host.httpAdapter, enter);
    });
  }

  /** @throws PortcullisConfigurationError on a platform that is neither Express nor Fastify */
  onModuleInit(): void {
    if (!this.host.httpAdapter || this.#isInstalled) return;
    throw new PortcullisConfigurationError([
      `The platform ${this.host.httpAdapter.getType()} is neither express nor fastify`,
    ]);
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
    this.#reportToken(exchange);
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

  /** A token that was proven before is known without any work; another one isn't worth any here. */
  #reportToken(exchange: Exchange): void {
    const token = exchange.uncheckedToken;
    const known = token === undefined ? undefined : this.verifier.recall(token);
    if (known !== undefined) this.misuse.report('banned-address', known);
  }
}
