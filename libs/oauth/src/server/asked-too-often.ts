import { PortcullisError, RequestContext, type RequestLimit } from '@portcullis/auth';
import {
  noteRefusal,
  RATE_LIMIT_EXCEEDED,
  type RateLimitSettings,
  RequestCounter,
  subscriberNetworkOf,
} from '@portcullis/auth/internal';
import type { KoaContextWithOIDC } from 'oidc-provider';

/** How many refusals in one window it takes to see them. Whoever goes on then earns strikes. */
const OVERLOOKED_REFUSALS = 10;

/** Counts how often something is asked of the server, by name and by address, also for all instances that share a limiter. */
export class AskedTooOften {
  readonly #counter: RequestCounter;

  /**
   * @param key by which it is told apart from what else is counted
   * @param what is asked, for the log
   */
  constructor(
    { now, rateLimits }: RateLimitSettings,
    private readonly key: string,
    private readonly what: string,
  ) {
    this.#counter = new RequestCounter(now, `${what} are counted`, rateLimits.limiter);
  }

  /** Counts a request by the network that it comes from. @returns the refusal of one that is too much */
  byAddress(context: KoaContextWithOIDC, limit: RequestLimit): Promise<PortcullisError | undefined> {
    const request = RequestContext.of(context.req as never);
    if (request === undefined) return Promise.resolve(undefined);
    return this.#count('address', subscriberNetworkOf(request.address).text, limit);
  }

  /** Counts a request by who asks. @returns the refusal of one that is too much */
  byName(name: string, limit: RequestLimit): Promise<PortcullisError | undefined> {
    return this.#count('name', name, limit);
  }

  async #count(
    of: 'address' | 'name',
    name: string,
    limit: RequestLimit,
  ): Promise<PortcullisError | undefined> {
    const { count, resetSeconds } = await this.#counter.count(of, `${this.key} ${name}`, limit);
    if (count <= limit.requests) return undefined;
    return new PortcullisError(RATE_LIMIT_EXCEEDED, `${this.what} of ${name} come too often`, {
      retryAfterSeconds: resetSeconds,
      ...(count > limit.requests + OVERLOOKED_REFUSALS && { strikeEvent: 'rate_limit_ignored' }),
    });
  }
}

/** Notes a refusal, and answers what clients of the server read. */
export function answerRefusal(context: KoaContextWithOIDC, refusal: PortcullisError): void {
  const request = RequestContext.of(context.req as never);
  if (request !== undefined) noteRefusal(refusal, request);
  context.status = refusal.getStatus();
  context.set({ 'Retry-After': String(refusal.retryAfterSeconds), 'Cache-Control': 'no-store' });
  context.body = { error: refusal.code, error_description: refusal.detail };
}
