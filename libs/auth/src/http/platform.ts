import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';

/** Runs first on every request; true says that it has answered. */
export type FirstHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Node's server, of whatever protocol. */
interface RequestEmitter {
  listeners(event: 'request'): ((...args: unknown[]) => unknown)[];
  removeAllListeners(event: 'request'): unknown;
  on(event: 'request', listener: FirstHandlerOfServer): unknown;
}

type FirstHandlerOfServer = (request: IncomingMessage, response: ServerResponse) => void;

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
 * Installs a handler at the earliest place of the platform: on Express as the first middleware, ahead of
 * Nest's body parser; on Fastify as an `onRequest` hook, which runs for unknown routes too.
 *
 * @returns whether this is a platform that we know
 */
export function installFirst(adapter: AbstractHttpAdapter, handle: FirstHandler): boolean {
  switch (adapter.getType()) {
    case 'express':
      adapter.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        if (!handle(request, response)) next();
      });
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

/**
 * Installs a handler ahead of the framework itself, which would otherwise do half of its work for a request that is refused.
 * Requests that don't come from the server (Fastify's `inject`, an adapter for functions) don't meet it.
 */
export function installAhead(server: RequestEmitter, handle: FirstHandler): void {
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (handle(request, response)) return;
    for (const listener of listeners) listener.call(server, request, response);
  });
}
