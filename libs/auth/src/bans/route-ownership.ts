import type { RequestContext } from '../request/request-context.js';

/** What a route owns: what it names, or what it takes below a prefix, or nothing, because it takes whatever comes. */
type Ownership = 'named' | 'below-prefix' | 'nothing';

/** A parameter of a route: `:id`, `:id?`, or Express's `{:id}`. */
const PARAMETER = /^\{?:[^/]*$/;

/** By the patterns of routes, of which an app has so many. */
const known = new Map<string, Ownership>();

/**
 * Whether a handler has taken the request that names a part of its path. A wildcard takes whatever comes: it owns what is below its prefix
 * and there, which its answer tells; one without a prefix, as apps of one page have it, and a bare `/:page` own nothing.
 */
export function isOwned({ handler, routePattern }: RequestContext, status: number | undefined): boolean {
  if (handler === undefined) return false;
  if (routePattern === undefined) return true;
  let ownership = known.get(routePattern);
  if (ownership === undefined) {
    ownership = ownershipOf(routePattern);
    known.set(routePattern, ownership);
  }
  return ownership === 'named' || (ownership === 'below-prefix' && status !== undefined && status < 400);
}

function ownershipOf(pattern: string): Ownership {
  const segments = pattern.split('/').filter((segment) => segment !== '');
  if (segments.length === 0) return 'named';
  const wildcard = segments.findIndex((segment) => segment.includes('*'));
  const before = wildcard === -1 ? segments : segments.slice(0, wildcard);
  if (before.every((segment) => PARAMETER.test(segment))) return 'nothing';
  return wildcard === -1 ? 'named' : 'below-prefix';
}
