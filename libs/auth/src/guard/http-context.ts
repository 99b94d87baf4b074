import { type ArgumentsHost, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BanCheck } from '../bans/ban-check.js';
import { PortcullisError } from '../errors.js';
import type { ContextAdapter } from '../request/context-adapter.js';
import type { RequestContext, RequestOwner } from '../request/request-context.js';
import type { FrameworkRequest } from '../request/request-head.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { answer, whenReplied } from './http-platforms.js';
import { type Problem, ProblemDetails } from './problem-details.js';

/** By what every request knows: filters that an app has made itself are given nothing else. */
const CONTEXTS = new WeakMap<RequestOwner, HttpContext>();

/** Handlers of HTTP: a refusal is answered as problem details. */
@Injectable()
export class HttpContext implements ContextAdapter {
  readonly type = 'http';

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly lifecycle: RequestLifecycle,
    private readonly problems: ProblemDetails,
    private readonly banCheck: BanCheck,
  ) {
    CONTEXTS.set(lifecycle, this);
    host.init$.subscribe(() => {
      if (host.httpAdapter) whenReplied(host.httpAdapter, (...reply) => this.#answerInstead(...reply));
    });
  }

  /** That of the app which a request came to. */
  static of({ owner }: RequestContext): HttpContext | undefined {
    return owner && CONTEXTS.get(owner);
  }

  contextOf(host: ArgumentsHost): RequestContext {
    return this.lifecycle.of(host);
  }

  refuse(error: PortcullisError, host: ArgumentsHost): void {
    this.#answer(error, this.lifecycle.of(host), host.getArgByIndex(1));
  }

  /** What {@link refuse} would answer. The refusal counts from now on. */
  problemOf(error: PortcullisError, context: RequestContext): Problem {
    return this.problems.of(this.note(error, context), context.requestId);
  }

  /**
   * Notes a refusal, which counts from now on. What no guard of ours has decided, but Passport, a handler or a mounted server, may come too
   * late.
   *
   * @returns what the request is refused with, after all
   */
  note(error: PortcullisError, context: RequestContext): PortcullisError {
    const refusal =
      context.refusal === undefined ? (this.banCheck.verdictOn(context, error) ?? error) : error;
    context.refuse(refusal);
    return refusal;
  }

  #answer(error: PortcullisError, context: RequestContext, response: unknown): void {
    answer(this.host.httpAdapter, response, this.problemOf(error, context));
  }

  /** A filter that knows nothing of ours passes on the error's own body. */
  #answerInstead(request: FrameworkRequest, response: unknown, body: object, status: number): boolean {
    const error = PortcullisError.behind(body);
    if (error?.getStatus() !== status) return false;
    this.#answer(error, this.lifecycle.ofRequest(request), response);
    return true;
  }
}
