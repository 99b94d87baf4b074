import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { ApiKeyFormat } from '../api-keys/api-key.format.js';
import { ApiKeyVerifier } from '../api-keys/api-key.verifier.js';
import { IpBanMiddleware } from '../bans/ip-ban.middleware.js';
import { PortcullisConfigurationError, PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import type { Exchange } from '../identity/exchange.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import { Misuse } from '../revocation/misuse.js';
import { TokenVerifier } from '../tokens/token-verifier.js';
import { Exchanges } from './exchanges.js';
import { installFirst } from './platform.js';
import { problemOf } from './problem.js';

/** The path of a URL that holds a key, as it is told. */
const REDACTED_PATH = '(holds an API key)';

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
    private readonly apiKeys: ApiKeyVerifier,
    private readonly events: SecurityEvents,
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
    const keyInUrl = keyIn(exchange.url, this.apiKeys.format);
    if (keyInUrl !== undefined) exchange.redactedPath = REDACTED_PATH;
    // A browser hides the answer to a refused preflight from its page. It may pass: it carries no credential,
    // and where a handler takes OPTIONS itself the guard screens it after all.
    const isHarmless = exchange.isPreflight && keyInUrl === undefined;
    const isScreened = this.options.bans.global && !isHarmless;
    const banned = isScreened ? this.ipBan.screen(exchange) : undefined;
    if (banned !== undefined) {
      this.#reportToken(exchange);
      return answer(request, response, exchange, banned, this.options);
    }
    if (keyInUrl === undefined) return false;
    void this.#reportLeak(exchange, keyInUrl);
    return answer(request, response, exchange, keyInUrlRefusal(), this.options);
  }

  /** A token that was proven before is known without any work; another one isn't worth any here. */
  #reportToken(exchange: Exchange): void {
    const token = exchange.uncheckedToken;
    const known = token === undefined ? undefined : this.verifier.recall(token);
    if (known !== undefined) this.misuse.report('banned-address', known);
  }

  /** Logs on the way may have kept it. A real key is named in the report, so that it can be replaced. */
  async #reportLeak(exchange: Exchange, key: string): Promise<void> {
    const record = await this.apiKeys.recognise(key).catch(() => undefined);
    this.events.emit({
      type: 'credential.leaked',
      leak: 'url',
      request: exchange.facts,
      credential: 'api-key',
      ...(record !== undefined && { id: record.id }),
    });
  }
}

/** A key of ours in a URL, also one that is percent-encoded. */
function keyIn(url: string, format: ApiKeyFormat): string | undefined {
  return (format.findIn(url) ?? (url.includes('%') ? format.findIn(decoded(url)) : undefined))?.key;
}

function decoded(url: string): string {
  return url.replace(/%[0-9a-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
}

function keyInUrlRefusal(): PortcullisError {
  return new PortcullisError('invalid_request', 'an API key was sent in the URL', {
    challenge: ['api-key'],
    offence: 'key_in_url',
  });
}

/** Closes the connection without a word, and with it every other request on it. */
function drop(request: IncomingMessage | Http2ServerRequest): void {
  // What HTTP/2 calls the socket of a request is only its stream.
  if ('stream' in request) request.stream.session?.destroy();
  else request.socket.destroy();
}

/** Refuses a request without reading it. */
function answer(
  request: IncomingMessage,
  response: ServerResponse,
  exchange: Exchange,
  refusal: PortcullisError,
  options: ResolvedOptions,
): true {
  exchange.refuse(refusal);
  if (refusal.code === 'address_banned' && options.bans.answer === 'drop') {
    drop(request);
    return true;
  }
  const { status, headers, body } = problemOf(refusal, exchange.requestId, options);
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
