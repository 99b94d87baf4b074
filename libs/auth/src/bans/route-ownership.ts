import type { RequestContext } from '../request/request-context.js';

/** A parameter of a route: `:id`, `:id?`, or Express's `{:id}`. */
const PARAMETER = /^\{?:[^/]*$/;

/**
 * Whether a handler has taken the request that names a part of its path. A wildcard takes whatever comes: it owns what is below its prefix
 * and there, which its answer tells; one without a prefix, as apps of one page have it, and a bare `/:page` own nothing.
 */
export function isOwned({ handler, routePattern }: RequestContext, status: number | undefined): boolean {
  if (handler === undefined) return false;
  if (routePattern === undefined || routePattern === '/') return true;
  const segments = routePattern.split('/').filter((segment) => segment !== '');
  const wildcard = segments.findIndex((segment) => segment.includes('*'));
  const named = segments
    .slice(0, wildcard === -1 ? undefined : wildcard)
    .some((segment) => !PARAMETER.test(segment));
  if (!named) return segments.length === 0;
  return wildcard === -1 || (status !== undefined && status < 400);
}
