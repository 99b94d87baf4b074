import type { RequestContext } from '../request/request-context.js';

/** A request that broke no rule, with what the rules had looked at besides its headers. */
interface Harmless {
  readonly handler: object | undefined;
  readonly status: number;
  readonly method: string;
  readonly url: string;
}

/**
 * The last request by the headers that a connection keeps sending, if it broke no rule: most clients ask the same again, and to compare it
 * takes a fraction of what looking at all of it does. Rules don't change, and whatever else one goes by (who is behind the address, the
 * body) it asks only of requests that have met its other conditions.
 */
export class HarmlessRequests {
  readonly #last = new WeakMap<readonly string[], Harmless>();

  /** Whether the last one was the same, and had the same answer. */
  has(context: RequestContext, status: number): boolean {
    if (!context.isRepeated) return false;
    const last = this.#last.get(context.keptHeaders);
    return (
      last !== undefined &&
      last.status === status &&
      last.handler === context.handler &&
      last.method === context.method &&
      last.url === context.url
    );
  }

  note(context: RequestContext, status: number): void {
    if (!context.isRepeated) return;
    const { handler, method, url } = context;
    this.#last.set(context.keptHeaders, { handler, status, method, url });
  }
}
