import { Inject, Injectable } from '@nestjs/common';
import { chain, type MaybePromise } from '../async/maybe-promise.js';
import { PortcullisError } from '../errors.js';
import { identityNameOf } from '../identity/identity-name.js';
import { RATE_LIMIT_EXCEEDED } from '../rate-limits/rate-limit-refusals.js';
import { type RequestCount, RequestCounter } from '../rate-limits/request-counter.js';
import { limitFields, type RequestLimit } from '../rate-limits/request-limit.js';
import type { RequestContext } from '../request/request-context.js';
import { API_KEY_SETTINGS, type ApiKeySettings } from './api-key-settings.js';
import type { ProvenApiKey } from './proven-api-key.js';

/** Counts the requests of keys that have a limit. */
@Injectable()
export class ApiKeyQuota {
  readonly #counter: RequestCounter;

  constructor(@Inject(API_KEY_SETTINGS) { apiKeys, now }: ApiKeySettings) {
    this.#counter = new RequestCounter(now, 'The requests of API keys are counted', apiKeys.rateLimiter);
  }

  /**
   * Counts a request, and shows the client what is left.
   *
   * @returns a promise where a shared limiter has to be asked
   * @throws PortcullisError `rate_limit_exceeded`
   */
  spend(context: RequestContext, key: ProvenApiKey, limit: RequestLimit): MaybePromise<void> {
    return chain(this.#counter.count('name', `api-key ${key.keyId}`, limit), (count) =>
      judge(context, key, limit, count),
    );
  }
}

function judge(
  context: RequestContext,
  { keyId, identity }: ProvenApiKey,
  limit: RequestLimit,
  { count, resetSeconds }: RequestCount,
): void {
  const { policy, left } = limitFields(identity.kind, limit, count, resetSeconds);
  context.addHeader('RateLimit-Policy', policy);
  context.addHeader('RateLimit', left);
  const { requests, windowSeconds } = limit;
  if (count <= requests) return;
  throw new PortcullisError(
    RATE_LIMIT_EXCEEDED,
    `key ${keyId} is allowed ${requests} requests in ${windowSeconds} s`,
    { keyId, caller: () => identityNameOf(identity), retryAfterSeconds: resetSeconds },
  );
}
