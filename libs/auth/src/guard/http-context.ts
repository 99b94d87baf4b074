import { type ArgumentsHost, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BanCheck } from '../bans/ban-check.js';
import type { PortcullisError } from '../errors.js';
import type { ContextAdapter } from '../request/context-adapter.js';
import type { RequestContext } from '../request/request-context.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { answer } from './http-platforms.js';
import { ProblemDetails } from './problem-details.js';

/** Handlers of HTTP: a refusal is answered as problem details. */
@Injectable()
export class HttpContext implements ContextAdapter {
  readonly type = 'http';

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly lifecycle: RequestLifecycle,
    private readonly problems: ProblemDetails,
    private readonly banCheck: BanCheck,
  ) {}

  contextOf(host: ArgumentsHost): RequestContext {
    return this.lifecycle.of(host);
  }

  refuse(error: PortcullisError, host: ArgumentsHost): void {
    const context = this.lifecycle.of(host);
    // What no guard of ours has decided, but Passport or a handler, may come too late as well.
    const refusal =
      context.refusal === undefined ? (this.banCheck.verdictOn(context, error) ?? error) : error;
    context.refuse(refusal);
    answer(
      this.host.httpAdapter,
      host.switchToHttp().getResponse(),
      this.problems.of(refusal, context.requestId),
    );
  }
}
