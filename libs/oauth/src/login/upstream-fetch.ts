import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '@portcullis/auth';
import { isSecureUrl, readText } from '@portcullis/auth/internal';
import type { CustomFetch } from 'openid-client';

/** Tokens, key sets and profiles are a few kilobytes. */
const MAX_BYTES = 262_144;

/** How long an issuer may take for one answer, in seconds. */
export const ANSWER_SECONDS = 5;

/**
 * Requests to another issuer, within limits: https only, no redirects, at most 256 KiB.
 *
 * @throws PortcullisError `temporarily_unavailable` where it does not answer, or has a fault of its own
 */
export function upstreamFetch(name: string, allowHttpOnLoopback: boolean): CustomFetch {
  return async (url, { body, headers, method, signal }) => {
    const { origin, pathname } = new URL(url);
    if (!isSecureUrl(origin + pathname, allowHttpOnLoopback)) throw new Error(`${origin} is no https URL`);
    try {
      const response = await fetch(url, {
        ...{ method, redirect: 'manual' },
        ...(signal && { signal }),
        ...(body !== undefined && { body: body as NonNullable<RequestInit['body']> }),
        // Compressed, 256 KiB could stand for gigabytes.
        headers: { ...headers, 'Accept-Encoding': 'identity' },
      });
      const { status, headers: answered } = response;
      if (status >= 500) {
        await response.body?.cancel();
        throw new Error(`${origin}${pathname} answered ${status}`);
      }
      const text = (await readText(response, MAX_BYTES)).join('');
      return new Response(hasNoBody(status) ? null : text, { status, headers: answered });
    } catch (error) {
      throw unavailable(name, error);
    }
  };
}

/** @param error what has happened, in whose message there is no secret */
export function unavailable(name: string, error: unknown): PortcullisError {
  const cause = error instanceof Error && error.cause ? ` (${error.cause})` : '';
  return new PortcullisError(TEMPORARILY_UNAVAILABLE, `${name} can't be reached: ${error}${cause}`, {
    retryAfterSeconds: 1,
  });
}

function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}
