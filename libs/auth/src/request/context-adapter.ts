import type { ArgumentsHost } from '@nestjs/common';
import type { PortcullisError } from '../errors.js';
import type { RequestContext } from './request-context.js';

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

/** The adapters of this app. A context without one is closed. */
export class ContextAdapters {
  readonly #byType: ReadonlyMap<string, ContextAdapter>;

  constructor(adapters: readonly ContextAdapter[]) {
    this.#byType = new Map(adapters.map((adapter) => [adapter.type, adapter]));
  }

  find(type: string): ContextAdapter | undefined {
    return this.#byType.get(type);
  }
}
