import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { type AccessRule, demandsSomeone } from '../access/access-rule.js';
import { AccessRules } from '../access/access-rules.js';
import { PortcullisError, UNSUPPORTED_CONTEXT } from '../errors.js';
import { type ContextAdapter, ContextAdapters, contextTypeOf } from '../request/context-adapter.js';
import type { RequestContext } from '../request/request-context.js';
import { GUARD_SETTINGS, type GuardSettings } from './guard-settings.js';
import { HandlerRefusals } from './handler-refusals.js';
import { isLimited } from './limited-handlers.js';

/** Finds the request that a guard or an interceptor is asked about, and notes which handler it meets. */
@Injectable()
export class HandlerRequests {
  /** A set, because anything may be asked for: an object would answer for what it has inherited. */
  readonly #unguarded: ReadonlySet<string>;

  constructor(
    private readonly contexts: ContextAdapters,
    private readonly rules: AccessRules,
    private readonly refusals: HandlerRefusals,
    @Inject(GUARD_SETTINGS) { contexts: unguarded }: GuardSettings,
  ) {
    this.#unguarded = new Set(Object.keys(unguarded));
  }

  /** @throws PortcullisError `unsupported_context` where handlers live that no adapter knows */
  adapterOf(host: ExecutionContext): ContextAdapter {
    const adapter = this.contexts.of(host);
    if (adapter !== undefined) return adapter;
    const reason = `Portcullis does not guard ${JSON.stringify(contextTypeOf(host))} handlers`;
    const refusal = new PortcullisError(UNSUPPORTED_CONTEXT, reason);
    this.refusals.report(refusal, host);
    throw refusal;
  }

  /** Whether an adapter knows where this handler lives. */
  knows(host: ExecutionContext): boolean {
    return this.contexts.of(host) !== undefined;
  }

  /** Whether the app leaves this handler to guards of its own. One that demands something of ours is refused all the same. */
  isUnguarded(host: ExecutionContext): boolean {
    if (this.#unguarded.size === 0 || !this.#unguarded.has(contextTypeOf(host))) return false;
    const rule = this.ruleOf(host);
    return !demandsSomeone(rule) && !isLimited(rule);
  }

  of(host: ExecutionContext, adapter: ContextAdapter, rule: AccessRule): RequestContext {
    const request = adapter.contextOf(host);
    request.meet(rule);
    return request;
  }

  ruleOf(host: ExecutionContext): AccessRule {
    return this.rules.ruleFor(host.getClass(), host.getHandler(), host);
  }
}
