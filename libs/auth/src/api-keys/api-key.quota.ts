import { Injectable } from '@nestjs/common';
import { type RateLimiterAbstract, RateLimiterMemory } from 'rate-limiter-flexible';
import { PortcullisError } from '../errors.js';
import type { Exchange } from '../identity/exchange.js';
import type { RateLimit } from './api-key.store.js';
import type { ProvenApiKey } from './api-key.verifier.js';

/** Counts the requests of keys that have a limit. */
@Injectable()
export class ApiKeyQuota {
  /** Counting is atomic in whatever the limiter keeps its numbers in; the limit is each key's own. */
  readonly #limiter: RateLimiterAbstract = new RateLimiterMemory({
    keyPrefix: 'api-key',
    points: Number.MAX_SAFE_INTEGER,
    duration: 1,
  });

  /**
   * Counts a request, and tells the client what is left, by the header fields of draft-ietf-httpapi-ratelimit-headers.
   *
   * @throws PortcullisError `rate_limit_exceeded`
   */
  async spend(
    exchange: Exchange,
    { keyId, identity: { kind } }: ProvenApiKey,
    { requests, windowSeconds }: RateLimit,
  ): Promise<void> {
    const { consumedPoints, msBeforeNext } = await this.#limiter.penalty(keyId, 1, {
      customDuration: windowSeconds,
    });
    const resetSeconds = Math.ceil(msBeforeNext / 1000);
    exchange.addHeader('RateLimit-Policy', `"${kind}";q=${requests};w=${windowSeconds}`);
    exchange.addHeader(
      'RateLimit',
      `"${kind}";r=${Math.max(requests - consumedPoints, 0)};t=${resetSeconds}`,
    );
    if (consumedPoints <= requests) return;
    throw new PortcullisError(
      'rate_limit_exceeded',
      `key ${keyId} is allowed ${requests} requests in ${windowSeconds} s`,
      { keyId, retryAfterSeconds: resetSeconds },
    );
  }
}
