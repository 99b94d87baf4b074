import { Inject, Injectable } from '@nestjs/common';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { FallbackNotice } from '../async/fallback-notice.js';
import { answerWithin } from '../async/time-limit.js';
import { PortcullisError } from '../errors.js';
import { identityNameOf } from '../identity/identity-name.js';
import type { RequestContext } from '../request/request-context.js';
import type { RateLimit } from './api-key.store.js';
import { RATE_LIMIT_EXCEEDED } from './api-key-refusals.js';
import { API_KEY_SETTINGS, type ApiKeySettings } from './api-key-settings.js';
import type { ProvenApiKey } from './proven-api-key.js';

/** How long a shared limiter may take, in milliseconds, before this instance counts by itself. */
const PATIENCE_MS = 2_000;

/** Counts the requests of keys that have a limit. */
@Injectable()
export class ApiKeyQuota {
  /** Counting is atomic in whatever the limiter keeps its numbers in; the limit is each key's own. */
  readonly #own = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: 1 });
  readonly #notice = new FallbackNotice('The requests of API keys are counted');

  constructor(@Inject(API_KEY_SETTINGS) private readonly options: ApiKeySettings) {}

  /**
   * Counts a request, and shows the client what is left, by the header fields of draft-ietf-httpapi-ratelimit-headers.
   *
   * @throws PortcullisError `rate_limit_exceeded`
   */
  async spend(
    context: RequestContext,
    { keyId, identity }: ProvenApiKey,
    { requests, windowSeconds }: RateLimit,
  ): Promise<void> {
    const { kind } = identity;
    const { consumedPoints, msBeforeNext } = await this.#count(`api-key ${keyId}`, windowSeconds);
    const resetSeconds = Math.ceil(msBeforeNext / 1000);
    context.addHeader('RateLimit-Policy', `"${kind}";q=${requests};w=${windowSeconds}`);
    context.addHeader('RateLimit', `"${kind}";r=${Math.max(requests - consumedPoints, 0)};t=${resetSeconds}`);
    if (consumedPoints <= requests) return;
    throw new PortcullisError(
      RATE_LIMIT_EXCEEDED,
      `key ${keyId} is allowed ${requests} requests in ${windowSeconds} s`,
      { keyId, caller: () => identityNameOf(identity), retryAfterSeconds: resetSeconds },
    );
  }

  async #count(key: string, windowSeconds: number): Promise<RateLimiterRes> {
    const window = { customDuration: windowSeconds };
    const shared = this.options.apiKeys.rateLimiter;
    try {
      if (shared !== undefined)
        return await answerWithin(PATIENCE_MS, 'the limiter', shared.penalty(key, 1, window));
    } catch (error) {
      this.#notice.log(error);
    }
    return this.#own.penalty(key, 1, window);
  }
}
