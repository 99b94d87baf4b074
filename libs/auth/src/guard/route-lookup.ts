import { randomUUID } from 'node:crypto';
import type { AbstractHttpAdapter } from '@nestjs/core';

/** A route, a mounted router or a middleware of Express. */
interface ExpressLayer {
  match(path: string): unknown;
  /** Matches everything. */
  readonly slash: boolean;
  /** Undefined where it is no route. */
  readonly route?: { readonly methods: Readonly<Record<string, boolean | undefined>> };
}

interface ExpressLike {
  readonly router: { readonly stack: readonly ExpressLayer[] };
}

interface FastifyLike {
  addHook(
    name: 'onRoute',
    hook: (route: { readonly method: string | readonly string[]; readonly url: string }) => void,
  ): unknown;
}

/**
 * Whether a route would take such a request, or something that is mounted at its path: with doubt, it would.
 *
 * @param method in capitals; undefined for any
 * @param path percent-encoded, without its query
 */
export type RouteLookup = (method: string | undefined, path: string) => boolean;

/** Looks up routes as the platform does, also those that it was given past Nest. To be called before there is any. */
export function routeLookupOf(adapter: AbstractHttpAdapter): RouteLookup {
  if (adapter.getType() !== 'fastify') {
    const app: ExpressLike = adapter.getInstance();
    return (method, path) => app.router.stack.some((layer) => takes(layer, method, path));
  }
  const routes: { readonly methods: readonly string[]; readonly pattern: RegExp }[] = [];
  (adapter.getInstance() as FastifyLike).addHook('onRoute', ({ method, url }) => {
    routes.push({ methods: [method].flat(), pattern: patternOf(url) });
  });
  return (method, path) =>
    routes.some(
      ({ methods, pattern }) =>
        methods.some((name) => (method === undefined ? name !== 'OPTIONS' : name === method)) &&
        pattern.test(path),
    );
}

function takes(layer: ExpressLayer, method: string | undefined, path: string): boolean {
  if (layer.slash || !matchesPath(layer, path)) return false;
  // Middleware for all paths is no sign of a route.
  if (layer.route === undefined) return !matchesPath(layer, NO_PATH);
  const { methods } = layer.route;
  if (method === undefined) return Object.keys(methods).some((name) => name !== 'options');
  return [method.toLowerCase(), '_all', ...(method === 'HEAD' ? ['get'] : [])].some((name) => methods[name]);
}

/** A path that nothing takes but what takes all. */
const NO_PATH = `/${randomUUID()}/${randomUUID()}`;

/** What can't be decoded, Express gives to no route either. */
function matchesPath(layer: ExpressLayer, path: string): boolean {
  try {
    return Boolean(layer.match(path));
  } catch {
    return false;
  }
}

/** A route of Fastify as find-my-way reads it, or a little wider: a segment with a parameter is any segment. */
function patternOf(url: string): RegExp {
  const segments = url.split('/').map((segment, index) => {
    const slash = index === 0 ? '' : '/';
    if (segment.includes('*')) return `${slash}.*`;
    if (!segment.includes(':')) return slash + segment.replace(/[\\^$.|?+()[\]{}]/g, '\\$&');
    return segment.endsWith('?') ? `(?:${slash}[^/]*)?` : `${slash}[^/]*`;
  });
  return new RegExp(`^${segments.join('')}/?$`, 'i');
}
