import { type ExecutionContext, Injectable } from '@nestjs/common';
import type { AccessRule } from '../access/access-rule.js';
import { AccessRules } from '../access/access-rules.js';
import { PortcullisError, UNSUPPORTED_CONTEXT } from '../errors.js';
import { type ContextAdapter, ContextAdapters } from '../request/context-adapter.js';
import type { RequestContext } from '../request/request-context.js';

/** Finds the request that a guard or an interceptor is asked about, and notes which handler it meets. */
@Injectable()
export class HandlerRequests {
  constructor(
    private readonly contexts: ContextAdapters,
    private readonly rules: AccessRules,
  ) {}

  /** @throws PortcullisError `unsupported_context` where handlers live that no adapter knows */
  adapterOf(host: ExecutionContext): ContextAdapter {
    const type = host.getType<string>();
    const adapter = this.contexts.find(type);
    if (adapter !== undefined) return adapter;
    throw new PortcullisError(UNSUPPORTED_CONTEXT, `no context is registered for ${type} handlers`);
  }

  /** Whether an adapter knows where this handler lives. */
  knows(host: ExecutionContext): boolean {
    return this.contexts.find(host.getType<string>()) !== undefined;
  }

  of(host: ExecutionContext, adapter: ContextAdapter, rule: AccessRule): RequestContext {
    const request = adapter.contextOf(host);
    request.meet(rule);
    return request;
  }

  ruleOf(host: ExecutionContext): AccessRule {
    return this.rules.ruleFor(host.getClass(), host.getHandler());
  }
}
