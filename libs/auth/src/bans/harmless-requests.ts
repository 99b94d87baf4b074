import type { RequestContext } from '../request/request-context.js';

/** A request that no rule came close to, with what the rules had looked at besides its headers. */
interface Harmless {
  readonly handler: object | undefined;
  readonly status: number;
  readonly method: string;
  readonly url: string;
}

/**
 * The last request by the headers that a connection keeps sending, if no rule came close to it: most clients ask the same again, and to compare
 * it takes a fraction of what looking at all of it does. Rules don't change; where one has to look at anything else (the body, who is behind
 * the address), the request is not noted.
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
