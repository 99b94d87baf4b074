import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { from, type Observable, switchMap } from 'rxjs';
import { Attempts } from '../bans/attempts.js';
import { BanCheck } from '../bans/ban-check.js';
import { StrikeJudge } from '../bans/strike-judge.js';
import type { RequestContext } from '../request/request-context.js';
import { HandlerRequests } from './handler-requests.js';

/**
 * For apps without the global guard, and for teams that place it by hand (`bans.global: false`): callers of these handlers are refused
 * and counted, and honeypots are reported.
 */
@Injectable()
export class IpBanInterceptor implements NestInterceptor {
  constructor(
    private readonly requests: HandlerRequests,
    private readonly banCheck: BanCheck,
    private readonly judge: StrikeJudge,
    private readonly attempts: Attempts,
  ) {}

  /** @throws PortcullisError `address_banned`, `too_many_attempts` */
  intercept(host: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (!this.requests.knows(host)) return next.handle();
    const request = this.requests.of(host, this.requests.adapterOf(host), this.requests.ruleOf(host));
    this.#refuseBanned(request);

    const { honeypot, strikes } = request.handler?.traits ?? {};
    if (honeypot !== undefined) return after(this.judge.reportHoneypot(request), next);
    const begun = strikes === undefined ? undefined : this.attempts.begin(request);
    return begun instanceof Promise
      ? after(
          begun.then(() => this.#refuseBanned(request)),
          next,
        )
      : next.handle();
  }

  #refuseBanned(request: RequestContext): void {
    const refusal = this.banCheck.screen(request);
    if (refusal !== undefined) throw refusal;
  }
}

function after(work: Promise<void>, next: CallHandler): Observable<unknown> {
  return from(work).pipe(switchMap(() => next.handle()));
}
