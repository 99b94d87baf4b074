import type { Type } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';

/** A handler that no request of HTTP leads to. */
export interface MessageHandler {
  /** What `host.getType()` says there. */
  readonly context: 'rpc' | 'ws' | 'graphql';
  readonly type: Type;
  /** Undefined for a gateway as such: whoever connects to it is sent what it emits. */
  readonly method: string | undefined;
}

/** What Nest's own packages write on methods. They need not be installed, so their constants can't be imported. */
const ON_METHODS = [
  ['rpc', 'microservices:pattern'],
  ['rpc', 'microservices:handler_type'],
  ['ws', 'websockets:message_mapping'],
  ['graphql', 'graphql:resolver_type'],
  ['graphql', 'graphql:resolve_property'],
  ['graphql', 'graphql:resolve_reference'],
] as const;
const GATEWAY = 'websockets:is_gateway';

/** Every handler of microservices, gateways and resolvers that the app has. */
export function findMessageHandlers(
  discovery: DiscoveryService,
  scanner: MetadataScanner,
): readonly MessageHandler[] {
  const wrappers = [...discovery.getControllers(), ...discovery.getProviders()];
  return [...new Set(wrappers.flatMap(classesOf))].flatMap((type) => handlersOf(type, scanner));
}

interface Wrapped {
  readonly metatype: unknown;
  readonly instance?: unknown;
  readonly isNotMetatype: boolean;
}

/** A factory is no class, but what it has made is of one. */
function classesOf({ metatype, instance, isNotMetatype }: Wrapped): Type[] {
  const made = isNotMetatype ? (instance as object | null | undefined)?.constructor : metatype;
  return typeof made === 'function' && typeof made.prototype === 'object' && made.prototype !== null
    ? [made as Type]
    : [];
}

function handlersOf(type: Type, scanner: MetadataScanner): MessageHandler[] {
  const found: MessageHandler[] = [];
  if (Reflect.hasMetadata(GATEWAY, type)) found.push({ context: 'ws', type, method: undefined });
  for (const method of scanner.getAllMethodNames(type.prototype)) {
    const contexts = ON_METHODS.filter(([, key]) => Reflect.hasMetadata(key, type.prototype[method]));
    for (const context of new Set(contexts.map(([context]) => context)))
      found.push({ context, type, method });
  }
  return found;
}
