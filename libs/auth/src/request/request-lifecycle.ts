import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ArgumentsHost, Inject, Injectable } from '@nestjs/common';
import { StrikeJudge } from '../bans/strike-judge.js';
import { SecurityEvents } from '../events/security-events.js';
import { ClientIp } from '../net/client-ip.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import { type FrameworkRequest, RequestContext, rawRequestOf } from './request-context.js';

type FrameworkResponse = ServerResponse | { readonly raw: ServerResponse };

/** Begins the context of each request, and settles it once, when the response is over. */
@Injectable()
export class RequestLifecycle {
  constructor(
    @Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions,
    private readonly clientIp: ClientIp,
    private readonly judge: StrikeJudge,
    private readonly events: SecurityEvents,
  ) {}

  /** The context of a request that has just arrived. Whoever begins it sees to it that it is settled. */
  begin(request: IncomingMessage, response?: ServerResponse): RequestContext {
    return RequestContext.begin(request, this.clientIp, response);
  }

  /** Settles the context when its response is over. */
  settleAtTheEnd(context: RequestContext, response: ServerResponse): void {
    // 'close' comes exactly once for every response, also for one whose client has gone away. Going away
    // early does not help: the refusal that would have been the answer is settled when it comes.
    response.on('close', () => {
      if (context.refusal !== undefined || response.writableEnded) this.settle(context, response.statusCode);
      else context.onLateRefusal = () => this.settle(context, response.statusCode);
    });
  }

  /** The context that a guard, an interceptor or a filter works on. */
  of(host: ArgumentsHost): RequestContext {
    // `switchToHttp()` would make an object and three functions for each request.
    return this.ofRequest(host.getArgByIndex(0), host.getArgByIndex(1));
  }

  /** The context of a framework's request; without its response a new one is never settled. */
  ofRequest(request: FrameworkRequest, response?: FrameworkResponse): RequestContext {
    const context = RequestContext.of(request) ?? this.#beginLate(rawRequestOf(request), response);
    context.framework = request;
    return context;
  }

  /** For a request that came in by another way than the entrance. */
  #beginLate(request: IncomingMessage, response?: FrameworkResponse): RequestContext {
    const raw = response === undefined || 'writeHead' in response ? response : response.raw;
    const context = this.begin(request, raw);
    if (raw !== undefined) this.settleAtTheEnd(context, raw);
    return context;
  }

  /** Tells what came of the request, and judges it. Once for each context. */
  settle(context: RequestContext, statusCode: number): void {
    const { refusal } = context;
    const status = refusal?.getStatus() ?? statusCode;
    if (refusal !== undefined) {
      const { code, reason } = refusal;
      this.events.emit({ type: 'request.refused', request: context.facts, code, status, reason });
    } else if (this.options.events.accepted && (context.user ?? context.app) !== undefined) {
      this.events.emit({ type: 'request.accepted', request: context.facts });
    }
    this.judge.judge(context, status);
  }
}
