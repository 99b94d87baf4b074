import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { ApiKeyFormat } from '../api-keys/api-key-format.js';
import { ApiKeyVerifier } from '../api-keys/api-key-verifier.js';
import { BanCheck } from '../bans/ban-check.js';
import { PortcullisConfigurationError, PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import { MisuseReactions } from '../reactions/misuse-reactions.js';
import { RequestContext } from '../request/request-context.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { TokenVerifier } from '../tokens/token-verifier.js';
import { answerUnread, dropConnection } from './early-answer.js';
import { installAhead, installFirst } from './platforms.js';
import { problemOf } from './problem-details.js';

/** The path of a URL that holds a key, as it is told. */
const REDACTED_PATH = '(holds an API key)';

/** The first code of ours that a request runs into: before the body parser, on either platform. */
@Injectable()
export class Entrance implements OnModuleInit {
  #isInstalled = false;
  readonly #enterAhead: () => void;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly lifecycle: RequestLifecycle,
    private readonly banCheck: BanCheck,
    private readonly verifier: TokenVerifier,
    private readonly misuse: MisuseReactions,
    private readonly apiKeys: ApiKeyVerifier,
    private readonly events: SecurityEvents,
    @Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    const enter = (request: IncomingMessage, response: ServerResponse) => this.#enter(request, response);
    this.#enterAhead = () => installAhead(host.httpAdapter, enter);
    // A test creates the adapter only after the providers.
    host.init$.subscribe(() => {
      // An app without HTTP has no adapter, and nothing to enter by.
      if (host.httpAdapter) this.#isInstalled = installFirst(host.httpAdapter, enter);
    });
  }

  /** @throws PortcullisConfigurationError on a platform that is neither Express nor Fastify */
  onModuleInit(): void {
    if (!this.host.httpAdapter) return;
    if (!this.#isInstalled) {
      const type = this.host.httpAdapter.getType();
      throw new PortcullisConfigurationError([`The platform ${type} is neither express nor fastify`]);
    }
    this.#enterAhead();
  }

  /** @returns whether the request was answered here and must go no further */
  #enter(request: IncomingMessage, response: ServerResponse): boolean {
    if (RequestContext.of(request) !== undefined) return false;
    const context = this.lifecycle.begin(request, response);
    const keyInUrl = keyIn(context.url, this.apiKeys.format);
    if (keyInUrl !== undefined) context.redactedPath = REDACTED_PATH;
    // A browser hides the answer to a refused preflight from its page. It may pass: it carries no credential,
    // and where a handler takes OPTIONS itself the guard screens it after all.
    const isHarmless = context.isPreflight && keyInUrl === undefined;
    const isScreened = this.options.bans.global && !isHarmless;
    const banned = isScreened ? this.banCheck.screen(context) : undefined;
    if (banned !== undefined) this.#reportToken(context);
    else if (keyInUrl !== undefined) void this.#reportLeak(context, keyInUrl);
    else {
      this.lifecycle.settleAtTheEnd(context, response);
      return false;
    }
    const refusal = banned ?? keyInUrlRefusal();
    context.refuse(refusal);
    if (banned !== undefined && this.options.bans.answer === 'drop') dropConnection(request);
    else answerUnread(request, response, problemOf(refusal, context.requestId, this.options));
    this.lifecycle.settle(context, refusal.getStatus());
    return true;
  }

  /** A token that was proven before is known without any work; another one isn't worth any here. */
  #reportToken(context: RequestContext): void {
    const token = context.uncheckedToken;
    const known = token === undefined ? undefined : this.verifier.recall(token);
    if (known !== undefined) this.misuse.report('banned-address', known);
  }

  /** Logs on the way may have kept it. A real key is named in the report, so that it can be replaced. */
  async #reportLeak(context: RequestContext, key: string): Promise<void> {
    const record = await this.apiKeys.recognise(key).catch(() => undefined);
    this.events.emit({
      type: 'credential.leaked',
      leak: 'url',
      request: context.facts,
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
