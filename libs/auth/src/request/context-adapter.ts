import type { ArgumentsHost } from '@nestjs/common';
import type { PortcullisError } from '../errors.js';
import type { RequestContext } from './request-context.js';
import { isReceived } from './request-head.js';

/** Where handlers live: HTTP, or a context of an app's own, such as a queue. */
export interface ContextAdapter {
  /** What `host.getType()` says there. */
  readonly type: string;
  /** The context of what a guard or a filter is asked about; the same each time. Whoever begins it sees to it that it is settled. */
  contextOf(host: ArgumentsHost): RequestContext;
  /**
   * Answers a refusal in the way of this context.
   *
   * @returns what Nest's exception filters may return there; or it throws
   */
  refuse(error: PortcullisError, host: ArgumentsHost): unknown;
}

/** What handlers are said to live in that a library calls through Nest without naming their context: Nest takes them for HTTP. */
export const UNNAMED_CONTEXT = 'external';

/** Where a handler lives: what Nest says, unless it says HTTP and there is no request. */
export function contextTypeOf(host: ArgumentsHost): string {
  const type = host.getType<string>();
  return type !== 'http' || isReceived(host.getArgByIndex(0)) ? type : UNNAMED_CONTEXT;
}

/** The adapters of this app. A context without one is closed. */
export class ContextAdapters {
  readonly #byType: ReadonlyMap<string, ContextAdapter>;

  constructor(adapters: readonly ContextAdapter[]) {
    this.#byType = new Map(adapters.map((adapter) => [adapter.type, adapter]));
  }

  /** That of the context in which a guard or a filter is asked. */
  of(host: ArgumentsHost): ContextAdapter | undefined {
    return this.#byType.get(contextTypeOf(host));
  }

  has(type: string): boolean {
    return this.#byType.has(type);
  }
}
