import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { PortcullisConfigurationError } from '../errors.js';

/** Runs first on every request; true says that it has answered. */
export type FirstHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

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
 * @throws PortcullisConfigurationError on a platform that is neither
 */
export function installFirst(adapter: AbstractHttpAdapter, handle: FirstHandler): void {
  switch (adapter.getType()) {
    case 'express':
      adapter.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        if (!handle(request, response)) next();
      });
      break;
    case 'fastify':
      (adapter.getInstance() as FastifyLike).addHook('onRequest', (request, reply, done) => {
        if (handle(request.raw, reply.raw)) reply.hijack();
        else done();
      });
      break;
    default:
      throw new PortcullisConfigurationError([
        `The platform ${adapter.getType()} is neither express nor fastify`,
      ]);
  }
}
