import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { Problem } from './problem-details.js';

/** Runs first on every request; true says that it has answered. */
export type FirstHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Node's server, of whatever protocol. */
interface RequestEmitter {
  emit(event: string, ...details: unknown[]): boolean;
}

/** Express's app, also when it is mounted in another one. */
interface ExpressLike {
  handle(request: IncomingMessage, response: ServerResponse, next?: unknown): void;
}

interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (
      request: { readonly raw: IncomingMessage },
      reply: { readonly raw: ServerResponse; hijack(): unknown },
      done: () => void,
    ) => void,
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
