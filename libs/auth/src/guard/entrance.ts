import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { MaybePromise } from '../async/maybe-promise.js';
import { BanCheck } from '../bans/ban-check.js';
import { CredentialCheck } from '../credentials/credential-check.js';
import { CredentialSchemes, type StrayCredential } from '../credentials/credential-schemes.js';
import { failureOf } from '../credentials/failures.js';
import {
  INVALID_REQUEST,
  MALFORMED_REQUEST,
  PortcullisConfigurationError,
  PortcullisError,
  TOO_MANY_HEADERS,
} from '../errors.js';
import { Log } from '../log.js';
import { noteQuestion } from '../request/options-question.js';
import { ProxyNotice } from '../request/proxy-notice.js';
import { RequestContext } from '../request/request-context.js';
import type { FrameworkRequest } from '../request/request-head.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { answerUnread, dropConnection } from './answer-before-body.js';
import { Challenge } from './challenge.js';
import { GUARD_SETTINGS, type GuardSettings } from './guard-settings.js';
import { GuestKnocks } from './guest-knocks.js';
import { GuestProofs } from './guest-proofs.js';
import {
  type AnyResponse,
  addHeaderTo,
  answer,
  installAhead,
  installFirst,
  installLast,
  replaceParserErrors,
  whenAnswered,
} from './http-platforms.js';
import { MountedServers } from './mounted-servers.js';
import { PROBLEM_TYPE, ProblemDetails } from './problem-details.js';
import { type RouteLookup, routeLookupOf } from './route-lookup.js';
import { Tarpit } from './tarpit.js';
import { WellKnown } from './well-known.js';

/** The first code of ours that a request runs into: before the body parser, on either platform. */
@Injectable()
export class Entrance implements OnModuleInit {
  readonly #logger = new Log();
  #isInstalled = false;
  #hasRoute: RouteLookup = () => true;
  readonly #enterAhead: () => void;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly lifecycle: RequestLifecycle,
    private readonly banCheck: BanCheck,
    private readonly guests: GuestProofs,
    private readonly knocks: GuestKnocks,
    private readonly challenge: Challenge,
    private readonly tarpit: Tarpit,
    private readonly credentials: CredentialCheck,
    private readonly schemes: CredentialSchemes,
    private readonly problems: ProblemDetails,
    private readonly notice: ProxyNotice,
    private readonly wellKnown: WellKnown,
    private readonly mounted: MountedServers,
    @Inject(GUARD_SETTINGS) private readonly settings: GuardSettings,
  ) {
    const enter = (request: IncomingMessage, response: ServerResponse) =>
      this.#enterOrRefuse(request, response);
    this.#enterAhead = () => installAhead(host.httpAdapter, enter);
    // A test creates the adapter only after the providers.
    host.init$.subscribe(() => {
      // An app without HTTP has no adapter, and nothing to enter by.
      if (!host.httpAdapter) return;
      this.#isInstalled = installFirst(host.httpAdapter, enter);
      if (this.#isInstalled) this.#hasRoute = routeLookupOf(host.httpAdapter);
      whenAnswered(host.httpAdapter, (request, status, response) => this.#settle(request, status, response));
      replaceParserErrors(host.httpAdapter, unreadable);
      installLast(host.httpAdapter, (request, response) => this.#refuseLate(request, response));
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

  /** Nobody else catches what is thrown here: it would end the process. */
  #enterOrRefuse(request: IncomingMessage, response: ServerResponse): MaybePromise<boolean> {
    try {
      const isAnswered = this.#enter(request, response);
      return isAnswered instanceof Promise
        ? isAnswered.catch((error) => this.#fail(error, request, response))
        : isAnswered;
    } catch (error) {
      return this.#fail(error, request, response);
    }
  }

  #fail(error: unknown, request: IncomingMessage, response: ServerResponse): true {
    this.#logger.error('A request could not be looked at', error);
    if (!response.headersSent) response.writeHead(500, { Connection: 'close' });
    response.end();
    const context = RequestContext.of(request);
    if (context !== undefined) this.lifecycle.settle(context, 500);
    return true;
  }

  /** @returns whether the request was answered here and must go no further */
  #enter(raw: IncomingMessage, response: ServerResponse): MaybePromise<boolean> {
    if (RequestContext.of(raw) !== undefined) return false;
    const request = this.lifecycle.begin(raw, response);
    if (request.isCutOff) return this.#refuse(cutOff(), request, raw, response);
    this.notice.look(request);
    const stray = this.schemes.findInUrl(request.url);
    if (stray !== undefined) request.redact(`(holds ${stray.called})`);
    // A browser hides the answer to a refused preflight from its page. It may pass: it carries no credential,
    // and where a handler takes OPTIONS itself the guard screens it after all.
    const isHarmless = request.isPreflight && stray === undefined;
    const isScreened = this.settings.bans.global && !isHarmless;
    const banned = isScreened ? this.banCheck.screen(request) : undefined;
    if (banned === undefined && stray === undefined) return this.#pass(request, raw, response);
    if (stray === undefined && !this.banCheck.isFinal(request)) {
      this.challenge.welcome(request);
      if (this.banCheck.screen(request) === undefined) return this.#pass(request, raw, response);
      if (this.guests.mayProve(request)) return this.#passProven(request, raw, response);
      // Whoever sends a credential is told by it.
      if (!this.schemes.areUsedBy(request)) this.knocks.welcome(request);
      if (this.banCheck.screen(request) === undefined) return this.#pass(request, raw, response);
    }
    // Logs on the way may have kept it.
    if (banned === undefined && stray !== undefined)
      void this.credentials.reportLeak('url', stray.scheme, stray.presented, request);
    return this.#refuse(banned ?? sentInUrl(stray as StrayCredential), request, raw, response);
  }

  /** @returns whether the request was answered */
  #pass(request: RequestContext, raw: IncomingMessage, response: ServerResponse): boolean {
    if (this.mounted.answers(request, raw, response)) return true;
    if (this.settings.bans.global && request.method === 'OPTIONS') this.#noteQuestion(request);
    if (this.wellKnown.answers(request, raw, response)) return true;
    this.lifecycle.settleAtTheEnd(request, response);
    return false;
  }

  /** A banned caller whose credential proves nobody gets the same answer as one that has none. */
  async #passProven(
    request: RequestContext,
    raw: IncomingMessage,
    response: ServerResponse,
  ): Promise<boolean> {
    const missing = await this.guests.prove(request);
    const banned = this.banCheck.screen(request);
    if (response.destroyed) return true;
    if (banned === undefined) return this.#pass(request, raw, response);
    if (missing !== undefined) return this.#refuse(missing, request, raw, response);
    // What was looked at may have said something of itself there.
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    return this.#refuse(banned, request, raw, response);
  }

  /** Whoever answers it, such as a middleware for CORS, looks at no path; the rules for strikes do. */
  #noteQuestion(request: RequestContext): void {
    const method = request.header('access-control-request-method')?.toUpperCase();
    noteQuestion(request, () => this.#hasRoute(method, request.path));
  }

  /** What others answer counts before it goes out: a burst would otherwise be faster. */
  #settle(raw: IncomingMessage, status: number, response: AnyResponse): void {
    const request = RequestContext.of(raw);
    if (request === undefined) return;
    if (status >= 400) this.#keepAnswer(request, status, response);
    this.lifecycle.settle(request, status);
  }

  /** Whoever answers a refusal in words of their own keeps its status, and so what a client needs besides them. */
  #keepAnswer(request: RequestContext, status: number, response: AnyResponse): void {
    const failure = failureOf(request);
    if (request.refusal === undefined && failure?.getStatus() === status) request.refuse(failure);
    const { refusal } = request;
    // Ours has them already; Fastify names a charset.
    const isOurs = String(response.getHeader('content-type')).startsWith(PROBLEM_TYPE);
    if (isOurs || refusal?.getStatus() !== status) return;
    for (const [name, value] of Object.entries(this.problems.headersOf(refusal)))
      addHeaderTo(response, name, value);
  }

  /** No guard looks again at a request that no route takes, and its body may have been long on its way. */
  #refuseLate(framework: FrameworkRequest, response: unknown): boolean {
    const request = RequestContext.of(framework);
    if (request === undefined) return false;
    const refusal = this.banCheck.verdictOn(request);
    if (refusal === undefined) return false;
    request.refuse(refusal);
    answer(this.host.httpAdapter, response, this.problems.of(refusal, request.requestId));
    return true;
  }

  #refuse(
    refusal: PortcullisError,
    request: RequestContext,
    raw: IncomingMessage,
    response: ServerResponse,
  ): true {
    request.refuse(refusal);
    const answer = () => answerUnread(raw, response, this.problems.of(refusal, request.requestId));
    const isBanned = refusal.code === 'address_banned';
    const redirect =
      isBanned && !this.banCheck.isFinal(request) ? this.challenge.redirectOf(request) : undefined;
    if (redirect !== undefined) answerUnread(raw, response, redirect);
    else if (isBanned && this.settings.bans.answer === 'drop') dropConnection(raw);
    else if (isBanned && this.settings.bans.answer === 'tarpit') this.tarpit.hold(raw, response, answer);
    else answer();
    return true;
  }
}

/** Without the parser's error, which holds the body. */
function unreadable(): PortcullisError {
  return new PortcullisError(MALFORMED_REQUEST, 'the body is no JSON');
}

/** By what is left of the head neither its client nor its credentials could be told. */
function cutOff(): PortcullisError {
  return new PortcullisError(TOO_MANY_HEADERS, 'more headers came than Node keeps');
}

function sentInUrl({ called, scheme }: StrayCredential): PortcullisError {
  return new PortcullisError(INVALID_REQUEST, `${called} was sent in the URL`, {
    challenge: [scheme.kind],
    strikeEvent: 'key_in_url',
  });
}
