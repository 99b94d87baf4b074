import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { FrameworkRequest } from '../request/request-head.js';
import type { Problem } from './problem-details.js';

/** Runs first on every request; true says that it has answered. */
export type FirstHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Node's server, of whatever protocol. */
interface RequestEmitter {
  emit(event: string, ...details: unknown[]): boolean;
}

/** A route, a mounted router or a middleware of Express. */
interface ExpressLayer {
  match(path: string): unknown;
  /** Matches everything. */
  readonly slash: boolean;
  /** Undefined where it is no route. */
  readonly route?: { readonly methods: Readonly<Record<string, boolean | undefined>> };
}

/** Express's app, also when it is mounted in another one. */
interface ExpressLike {
  handle(request: IncomingMessage, response: ServerResponse, next?: unknown): void;
  /** What its responses inherit from. */
  readonly response: ServerResponse;
  readonly router: { readonly stack: readonly ExpressLayer[] };
}

interface FastifyReply {
  readonly statusCode: number;
  readonly raw: ServerResponse;
  hijack(): unknown;
}

interface FastifyLike {
  addHook(
    name: 'onSend',
    hook: (
      request: { readonly raw: IncomingMessage },
      reply: FastifyReply,
      payload: unknown,
      done: () => void,
    ) => void,
  ): unknown;
  addHook(
    name: 'onRequest',
    hook: (request: { readonly raw: IncomingMessage }, reply: FastifyReply, done: () => void) => void,
  ): unknown;
  addHook(
    name: 'onRoute',
    hook: (route: { readonly method: string | readonly string[]; readonly url: string }) => void,
  ): unknown;
}

/**
 * Installs a handler at the earliest place of the platform: on Express ahead of every middleware; on Fastify as an `onRequest` hook,
 * which runs for unknown routes too.
 *
 * @returns whether this is a platform that we know
 */
export function installFirst(adapter: AbstractHttpAdapter, handle: FirstHandler): boolean {
  switch (adapter.getType()) {
    case 'express':
      installInExpress(adapter.getInstance(), handle);
      return true;
    case 'fastify':
      (adapter.getInstance() as FastifyLike).addHook('onRequest', (request, reply, done) => {
        if (handle(request.raw, reply.raw)) reply.hijack();
        else done();
      });
      return true;
    default:
      return false;
  }
}

/** A middleware would come after the work that Express does for each of them, and for each request. */
function installInExpress(app: ExpressLike, handle: FirstHandler): void {
  const handleByExpress = app.handle;
  app.handle = (request, response, next) => {
    if (!handle(request, response)) handleByExpress.call(app, request, response, next);
  };
}

/**
 * Installs a handler ahead of Fastify itself, which would otherwise do half of its work for a request that is refused. Requests that
 * don't come from the server (`inject`, an adapter for functions) don't meet it. Of Express it is ahead already.
 */
export function installAhead(adapter: AbstractHttpAdapter, handle: FirstHandler): void {
  if (adapter.getType() !== 'fastify') return;
  const server: RequestEmitter = adapter.getHttpServer();
  // Not as a listener: Fastify's would be called all the same. Nor in the place of the listeners, which are not all Fastify's.
  const { emit } = server;
  server.emit = (event, ...details) => {
    if (event !== 'request') return emit.call(server, event, ...details);
    const [request, response] = details as [IncomingMessage, ServerResponse];
    return handle(request, response) || emit.call(server, event, request, response);
  };
}

/**
 * Calls the listener with the status of each answer of the framework, before any of it goes out. A property of each response would cost
 * more than the whole guard: V8 takes a response that has one for a kind of its own.
 */
export function whenAnswered(
  adapter: AbstractHttpAdapter,
  listener: (request: IncomingMessage, status: number) => void,
): void {
  if (adapter.getType() === 'fastify') {
    (adapter.getInstance() as FastifyLike).addHook('onSend', (request, reply, _, done) => {
      listener(request.raw, reply.statusCode);
      done();
    });
    return;
  }
  const { response }: ExpressLike = adapter.getInstance();
  const writeHead = response.writeHead as (...head: unknown[]) => ServerResponse;
  response.writeHead = function (this: ServerResponse, status: number, ...rest: unknown[]) {
    listener(this.req, status);
    return writeHead.call(this, status, ...rest);
  };
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
  // Middleware for all paths is no sign of a route.
  if (layer.slash || !layer.match(path)) return false;
  if (layer.route === undefined) return true;
  const { methods } = layer.route;
  if (method === undefined) return Object.keys(methods).some((name) => name !== 'options');
  return [method.toLowerCase(), '_all', ...(method === 'HEAD' ? ['get'] : [])].some((name) => methods[name]);
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

/** The handler of requests that no route takes, as Nest gives it to the adapter. */
type NotFoundHandler = (request: FrameworkRequest, response: unknown, next: unknown) => unknown;

/**
 * Installs a handler of requests that no route takes, ahead of Nest's own, which answers 404.
 *
 * @param handle true says that it has answered
 */
export function installLast(
  adapter: AbstractHttpAdapter,
  handle: (request: FrameworkRequest, response: unknown) => boolean,
): void {
  const set = adapter.setNotFoundHandler?.bind(adapter);
  if (set === undefined) return;
  adapter.setNotFoundHandler = (answer: NotFoundHandler, ...where: []) =>
    set(
      (request: FrameworkRequest, response: unknown, next: unknown) =>
        handle(request, response) ? undefined : answer(request, response, next),
      ...where,
    );
}

/**
 * Does something when the server is closed and has answered its last request, and before Nest goes on. From the moment that it is to be
 * closed, each connection ends with its next answer (RFC 9112 section 9.6): Node would go on serving one that is busy, and never close.
 */
export function onceClosed(adapter: AbstractHttpAdapter, work: () => Promise<void>): void {
  const close = adapter.close.bind(adapter);
  adapter.close = async () => {
    const server: Server | undefined = adapter.getHttpServer();
    server?.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      if (request.httpVersionMajor < 2) response.setHeader('Connection', 'close');
    });
    await close();
    await work();
  };
}

/** Answers a request that the framework has in its hands. */
export function answer(
  adapter: AbstractHttpAdapter,
  response: unknown,
  { status, headers, body }: Problem,
): void {
  for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value as string);
  if (adapter.getType() !== 'express') {
    adapter.reply(response, body, status);
    return;
  }
  // Express's own `send` would spend more on an ETag and the like, which a refusal has no use for, than all the rest takes.
  adapter.status(response, status);
  adapter.end(response, body);
}

/** The handler of errors that come before any route, as Nest gives it to the adapter. */
type ErrorHandler = (error: unknown, request: unknown, response: unknown, next: unknown) => unknown;

/**
 * Installs a replacement for errors of parsers: their messages quote the body, which Nest would answer and an app's filters would log.
 *
 * @param replacement what is handled in their place
 */
export function replaceParserErrors(adapter: AbstractHttpAdapter, replacement: () => unknown): void {
  const set = adapter.setErrorHandler?.bind(adapter);
  if (set === undefined) return;
  adapter.setErrorHandler = (handle: ErrorHandler, ...where: []) =>
    set(
      // Express knows by the number of its parameters that it handles errors.
      (error: unknown, request: unknown, response: unknown, next: unknown) =>
        handle(isParserError(error) ? replacement() : error, request, response, next),
      ...where,
    );
}

/** By name and status: the error may be of another realm, or of a parser of the app. */
function isParserError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { name, status, statusCode = status, code } = error as Record<string, unknown>;
  return statusCode === 400 && (name === 'SyntaxError' || code === 'FST_ERR_CTP_INVALID_JSON_BODY');
}
