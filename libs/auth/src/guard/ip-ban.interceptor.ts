import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { from, type Observable, switchMap } from 'rxjs';
import { AccessRules } from '../access/access-rules.js';
import { BanCheck } from '../bans/ban-check.js';
import { StrikeJudge } from '../bans/strike-judge.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';

/**
 * For apps without the global guard, and for teams that place it by hand (`bans.global: false`): callers of these handlers are refused
 * and counted, and honeypots are told.
 */
@Injectable()
export class IpBanInterceptor implements NestInterceptor {
  constructor(
    private readonly lifecycle: RequestLifecycle,
    private readonly rules: AccessRules,
    private readonly banCheck: BanCheck,
    private readonly judge: StrikeJudge,
  ) {}

  /** @throws PortcullisError `address_banned` */
  intercept(host: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (host.getType() !== 'http') return next.handle();
    const context = this.lifecycle.of(host);
    context.rule ??= this.rules.ruleFor(host.getClass(), host.getHandler());
    const refusal = this.banCheck.screen(context);
    if (refusal !== undefined) throw refusal;

    if (!context.rule.honeypot) return next.handle();
    return from(this.judge.reportHoneypot(context)).pipe(switchMap(() => next.handle()));
  }
}
