import type { Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { decoratorOf } from './contradicting-decorators.js';
import { classesOf, type Declaration, declaredMembers, declaredOn, type NamedClass } from './declaration.js';

/** What Nest's own packages write on functions that requests, messages or queries lead to. */
const HANDLER_METADATA = [
  PATH_METADATA,
  'microservices:pattern',
  'websockets:message_mapping',
  'graphql:resolver_type',
  'graphql:resolver_name',
];

/**
 * Decorators on what no request leads to, where they protect nothing: on a helper, an accessor or a static member of a controller, and all
 * that is more than open on a service. Each in one line.
 */
export function strayDeclarations(discovery: DiscoveryService, scanner: MetadataScanner): string[] {
  const controllers = new Set(discovery.getControllers().map(({ metatype }) => metatype as Type));
  const services = discovery
    .getProviders()
    .flatMap(({ metatype, inject }) => (metatype?.prototype && inject == null ? [metatype as Type] : []))
    .filter((type) => !controllers.has(type));
  const problems = [
    ...[...controllers].flatMap((type) => strayMembers(type, () => true)),
    ...services.flatMap((type) => [...strayMembers(type, isMoreThanOpen), ...strayClass(type, scanner)]),
  ];
  return [...new Set(problems)];
}

const isMoreThanOpen = ({ kind }: Declaration) => kind !== 'public';

function strayMembers(type: Type, wanted: (declaration: Declaration) => boolean): string[] {
  return classesOf(type).flatMap((current) =>
    [current, current.prototype].flatMap((target) =>
      declaredMembers(target)
        .filter((member) => target === current || !isHandler(type, current, member))
        .flatMap((member) =>
          stray(`${current.name}.${String(member)}`, declaredOn(target, member).filter(wanted)),
        ),
    ),
  );
}

/** What is said of a service as a whole, none of whose methods is a handler. */
function strayClass(type: Type, scanner: MetadataScanner): string[] {
  if (scanner.getAllMethodNames(type.prototype).some((method) => isHandler(type, type, method))) return [];
  return classesOf(type).flatMap((current) =>
    stray(current.name, declaredOn(current).filter(isMoreThanOpen)),
  );
}

function stray(place: string, declarations: readonly Declaration[]): string[] {
  if (declarations.length === 0) return [];
  const decorators = [...new Set(declarations.map(decoratorOf))].join(', ');
  return [
    `${place}: ${decorators} protects nothing, because no request leads there: ` +
      'put it on the handler of a controller, such as one under @Get()',
  ];
}

/** Whether it is one in the class where it is declared, or in the controller that inherits from it. */
function isHandler(type: Type, declaring: NamedClass, member: string | symbol): boolean {
  return [type, declaring].some(({ prototype }) => {
    const called = functionAt(prototype, member);
    return called !== undefined && HANDLER_METADATA.some((key) => Reflect.hasMetadata(key, called));
  });
}

/** Accessors are not called: they may do anything. */
function functionAt(prototype: object | null, member: string | symbol): object | undefined {
  for (let current = prototype; current !== null; current = Object.getPrototypeOf(current)) {
    const descriptor = Object.getOwnPropertyDescriptor(current, member);
    if (descriptor !== undefined)
      return typeof descriptor.value === 'function' ? descriptor.value : undefined;
  }
  return undefined;
}
