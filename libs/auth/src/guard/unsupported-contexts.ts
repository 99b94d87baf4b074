import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { PortcullisError, UNSUPPORTED_CONTEXT } from '../errors.js';
import { ContextAdapters } from '../request/context-adapter.js';
import { AccessGuard } from './access.guard.js';

/** `@MessagePattern` and `@EventPattern` of `@nestjs/microservices` write under this key. */
const PATTERN_METADATA = 'microservices:pattern';

/** Refuses whatever is not HTTP. It knows nothing of any app, so it may sit on a class that several apps share. */
const REFUSE_OUTSIDE_HTTP: CanActivate = {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() === 'http') return true;
    throw new PortcullisError(UNSUPPORTED_CONTEXT, `${context.getType()} handlers are not supported yet`);
  },
};

/**
 * Closes message handlers, or guards them where an adapter for them is registered. A microservice that an app connects doesn't
 * inherit the app's global guards, so they have to be guarded one by one, before `connectMicroservice()` binds them.
 */
@Injectable()
export class UnsupportedContexts {
  constructor(discovery: DiscoveryService, scanner: MetadataScanner, contexts: ContextAdapters) {
    const guard = contexts.find('rpc') === undefined ? REFUSE_OUTSIDE_HTTP : AccessGuard;
    for (const { metatype } of discovery.getControllers()) {
      const prototype = metatype?.prototype ?? {};
      for (const method of scanner.getAllMethodNames(prototype)) {
        if (Reflect.hasMetadata(PATTERN_METADATA, prototype[method])) put(guard, prototype[method]);
      }
    }
  }
}

function put(guard: CanActivate | typeof AccessGuard, handler: object): void {
  const guards: unknown[] = Reflect.getMetadata(GUARDS_METADATA, handler) ?? [];
  if (guards.includes(guard)) return;
  Reflect.defineMetadata(GUARDS_METADATA, [guard, ...guards], handler);
}
