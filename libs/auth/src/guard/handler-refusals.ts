import { type ArgumentsHost, type ExecutionContext, Injectable } from '@nestjs/common';
import { type PortcullisError, UNSUPPORTED_CONTEXT } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import { Log } from '../log.js';
import { contextTypeOf } from '../request/context-adapter.js';
import { HANDLER_REFUSED } from '../request/request-events.js';

/** Reports refusals where there is no request that could be settled: whatever the transport makes of them, they are an event. */
@Injectable()
export class HandlerRefusals {
  readonly #logger = new Log();
  /** A refusal passes a guard, and then a filter. */
  readonly #reported = new WeakSet<PortcullisError>();
  readonly #explained = new Set<string>();

  constructor(private readonly events: SecurityEvents) {}

  report(error: PortcullisError, host: ArgumentsHost): void {
    if (this.#reported.has(error)) return;
    this.#reported.add(error);
    const context = contextTypeOf(host);
    const handler = nameOf(host);
    const { code, reason } = error;
    this.events.emit(HANDLER_REFUSED, { context, ...(handler !== undefined && { handler }), code, reason });
    if (error.refusal === UNSUPPORTED_CONTEXT) this.#explain(context, handler);
  }

  /** Types of contexts come from code, so there are few. */
  #explain(context: string, handler = 'A handler'): void {
    if (this.#explained.has(context)) return;
    this.#explained.add(context);
    this.#logger.warn(
      `${handler} was refused: it lives in the context ${JSON.stringify(context)}, which Portcullis does not guard. Where it has guards of ` +
        `its own, the option contexts: { ${JSON.stringify(context)}: 'unguarded' } leaves it to them.`,
    );
  }
}

/** Filters are not told whose error it is. */
function nameOf(host: Partial<ExecutionContext>): string | undefined {
  const [type, handler] = [host.getClass?.(), host.getHandler?.()];
  return type && handler ? `${type.name}.${handler.name}` : undefined;
}
