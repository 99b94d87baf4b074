import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { PortcullisError, UNSUPPORTED_CONTEXT } from '../errors.js';

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
 * Closes message handlers. A microservice that an app connects doesn't inherit the app's global guards, so they have to be guarded
 * one by one, before `connectMicroservice()` binds them.
 */
@Injectable()
export class UnsupportedContexts {
  constructor(discovery: DiscoveryService, scanner: MetadataScanner) {
    for (const { metatype } of discovery.getControllers()) {
      const prototype = metatype?.prototype ?? {};
      for (const method of scanner.getAllMethodNames(prototype)) {
        if (Reflect.hasMetadata(PATTERN_METADATA, prototype[method])) refuseOutsideHttp(prototype[method]);
      }
    }
  }
}

function refuseOutsideHttp(handler: object): void {
  const guards: unknown[] = Reflect.getMetadata(GUARDS_METADATA, handler) ?? [];
  if (guards.includes(REFUSE_OUTSIDE_HTTP)) return;
  Reflect.defineMetadata(GUARDS_METADATA, [REFUSE_OUTSIDE_HTTP, ...guards], handler);
}
