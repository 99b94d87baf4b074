import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { chain, type MaybePromise } from '../async/maybe-promise.js';
import type { FrameworkRequest } from '../request/request-head.js';
import type { OpenConnections } from './open-connections.js';
import type { Problem } from './problem-details.js';

/** Runs first on every request; true says that it has answered. A promise holds the request until then, and never fails. */
export type FirstHandler = (request: IncomingMessage, response: ServerResponse) => MaybePromise<boolean>;

/** Node's server, of whatever protocol. */
interface RequestEmitter {
  emit(event: string, ...details: unknown[]): boolean;
}

/** Express's app, also when it is mounted in another one. */
interface ExpressLike {
  handle(request: IncomingMessage, response: ServerResponse, next?: unknown): void;
  /** What its responses inherit from. */
  readonly response: ServerResponse;
}

interface FastifyReply {
  readonly statusCode: number;
  readonly raw: ServerResponse;
  readonly request: FrameworkRequest;
  getHeader(name: string): unknown;
  header(name: string, value: unknown): unknown;
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
        const isAnswered = handle(request.raw, reply.raw);
        if (isAnswered === false) done();
        else void chain(isAnswered, (later) => (later ? void reply.hijack() : done()));
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
    const isAnswered = handle(request, response);
    if (isAnswered === false) handleByExpress.call(app, request, response, next);
    else void chain(isAnswered, (later) => later || handleByExpress.call(app, request, response, next));
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
  server.emit = function (event: string, request: unknown, response: unknown) {
    // biome-ignore lint/complexity/noArguments: a rest parameter would make a list for each request.
    if (event !== 'request') return Reflect.apply(emit, server, arguments);
    const isAnswered = handle(request as IncomingMessage, response as ServerResponse);
    if (typeof isAnswered === 'boolean') return isAnswered || emit.call(server, event, request, response);
    void isAnswered.then((later) => later || emit.call(server, event, request, response));
    return true;
  };
}

/**
 * Calls the listener with the status of each answer of the framework, and its response, before any of it goes out. A property of each response would cost
 * more than the whole guard: V8 takes a response that has one for a kind of its own.
 */
export function whenAnswered(
  adapter: AbstractHttpAdapter,
  listener: (request: IncomingMessage, status: number, response: AnyResponse) => void,
): void {
  if (adapter.getType() === 'fastify') {
    (adapter.getInstance() as FastifyLike).addHook('onSend', (request, reply, _, done) => {
      listener(request.raw, reply.statusCode, reply);
      done();
    });
    return;
  }
  const { response }: ExpressLike = adapter.getInstance();
  const { writeHead } = response;
  response.writeHead = function (this: ServerResponse, status: number) {
    listener(this.req, status, this);
    // biome-ignore lint/complexity/noArguments: a rest parameter would make a list for each answer.
    return Reflect.apply(writeHead, this, arguments);
  };
}

/** A response of either framework. */
export type AnyResponse = ServerResponse | FastifyReply;

/** Adds a header to an answer that has not gone out yet, unless somebody has set it. */
export function addHeaderTo(response: AnyResponse, name: string, value: string | readonly string[]): void {
  // Fastify's own knows what was set on Node's response as well.
  if (response.getHeader(name) !== undefined) return;
  if (isReply(response)) response.header(name, value);
  else response.setHeader(name, value);
}

function isReply(response: AnyResponse): response is FastifyReply {
  return !('writeHead' in response);
}

/**
 * Shows each body that is answered through Nest's adapter with the status of an error, as `BaseExceptionFilter` does it.
 *
 * @param answerInstead true says that it has answered
 */
export function whenReplied(
  adapter: AbstractHttpAdapter,
  answerInstead: (request: FrameworkRequest, response: unknown, body: object, status: number) => boolean,
): void {
  const reply = adapter.reply.bind(adapter);
  adapter.reply = (response: AnyResponse, body: unknown, status?: number) => {
    const isError = status !== undefined && status >= 400 && typeof body === 'object' && body !== null;
    const request = isError && (isReply(response) ? response.request : response.req);
    if (request && answerInstead(request, response, body as object, status)) return undefined;
    return reply(response, body, status);
  };
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
export function onceClosed(
  adapter: AbstractHttpAdapter,
  connections: OpenConnections | undefined,
  work: () => Promise<void>,
): void {
  const close = adapter.close.bind(adapter);
  adapter.close = async () => {
    const server: Server | undefined = adapter.getHttpServer();
    server?.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      if (request.httpVersionMajor < 2) response.setHeader('Connection', 'close');
    });
    const hasClosed = connections?.endWhatOnlyWaits();
    try {
      await close();
    } finally {
      hasClosed?.();
    }
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
