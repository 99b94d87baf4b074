import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { from, type Observable, switchMap } from 'rxjs';
import { AccessRules } from '../access/access-rules.js';
import { Exchanges } from '../http/exchanges.js';
import { IpBanMiddleware } from './ip-ban.middleware.js';
import { StrikeJudge } from './strike-judge.js';

/**
 * For apps without the global guard, and for teams that place it by hand (`bans.global: false`): callers of these handlers are refused
 * and counted, and honeypots are told.
 */
@Injectable()
export class IpBanInterceptor implements NestInterceptor {
  constructor(
    private readonly exchanges: Exchanges,
    private readonly rules: AccessRules,
    private readonly ipBan: IpBanMiddleware,
    private readonly judge: StrikeJudge,
  ) {}

  /** @throws PortcullisError `address_banned` */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const exchange = this.exchanges.of(context);
    exchange.rule ??= this.rules.ruleFor(context.getClass(), context.getHandler());
    const refusal = this.ipBan.screen(exchange);
    if (refusal !== undefined) throw refusal;

    if (!exchange.rule.honeypot) return next.handle();
    return from(this.judge.reportHoneypot(exchange)).pipe(switchMap(() => next.handle()));
  }
}
