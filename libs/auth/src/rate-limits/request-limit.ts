/** At most so many requests in each window, which begins with the first of them. */
export interface RequestLimit {
  readonly requests: number;
  /** At most 2147483, nearly 25 days. */
  readonly windowSeconds: number;
}

/** What a timer can count: limiters in memory have one for each window, and one that is set for longer goes off at once. */
export const MAX_WINDOW_SECONDS = 2_147_483;

/** Whether it is a number of requests in a time that a limiter can keep. */
export function isRequestLimit({ requests, windowSeconds }: RequestLimit): boolean {
  return (
    [requests, windowSeconds].every((value) => Number.isSafeInteger(value) && value > 0) &&
    windowSeconds <= MAX_WINDOW_SECONDS
  );
}

/** The header fields of draft-ietf-httpapi-ratelimit-headers-10 that say of one limit what there is and what is left. */
export interface LimitFields {
  readonly policy: string;
  readonly left: string;
}

/**
 * @param name letters, digits, `-` and `_`
 * @param count how many have come, this one included
 * @param resetSeconds until the window is over
 */
export function limitFields(
  name: string,
  { requests, windowSeconds }: RequestLimit,
  count: number,
  resetSeconds: number,
): LimitFields {
  return {
    policy: `"${name}";q=${requests};w=${windowSeconds}`,
    left: `"${name}";r=${Math.max(requests - count, 0)};t=${resetSeconds}`,
  };
}
