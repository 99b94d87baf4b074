import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import type { HandlerTraits } from '../request/handler-facts.js';
import type { DemandDefinition } from './access-demand.js';
import { type Declaration, keepDeclaration, type NamedClass } from './declaration.js';
import { noteClass, noteMethod, ownMethods } from './handler-origins.js';
import type { TraitDefinition } from './handler-trait.js';
import { MissingModuleGuard } from './missing-module.guard.js';

/** Declares something on a class or a method. In an app without Portcullis both are closed. */
export function declare(declaration: Declaration): ClassDecorator & MethodDecorator {
  return (target: object, member?: string | symbol, descriptor?: PropertyDescriptor) => {
    keepDeclaration(target, member, declaration);
    if (typeof target === 'function') {
      if (member === undefined) noteClass(target);
      // Its methods as well: neither a mixin nor a proxy of the class has what stands on it.
      for (const [, handler] of ownMethods(target)) guardUntilTheModuleDoes(handler);
      return guardUntilTheModuleDoes(target);
    }
    const type = classOf(target);
    const { value: handler } = descriptor ?? Object.getOwnPropertyDescriptor(target, member as string) ?? {};
    noteMethod(type, member as string | symbol, handler);
    // The class as well: who binds a method drops what stands on its function, and a mixin what stands on the class.
    guardUntilTheModuleDoes(type);
    if (typeof handler === 'function') guardUntilTheModuleDoes(handler);
  };
}

/** Declares a demand on a class or a method. Demands are checked in the order of their declaration, the nearest place first. */
export function declareDemand<Value>(
  demand: DemandDefinition<Value>,
  value: Value,
): ClassDecorator & MethodDecorator {
  return declare({ kind: 'demand', demand: demand as DemandDefinition, value });
}

/** Marks a class or a method. */
export function declareTrait<Name extends keyof HandlerTraits, Value>(
  trait: TraitDefinition<Name, Value>,
  value: Value,
): ClassDecorator & MethodDecorator {
  return declare({ kind: 'trait', trait: trait as unknown as TraitDefinition, value });
}

/** The class of a prototype; a mixin may have written another one's name into it. */
function classOf(prototype: object): NamedClass {
  const named = prototype.constructor;
  return named.prototype === prototype ? named : { name: named.name, prototype };
}

function guardUntilTheModuleDoes(target: object): void {
  const guards: unknown[] = Reflect.getMetadata(GUARDS_METADATA, target) ?? [];
  if (guards.includes(MissingModuleGuard)) return;
  Reflect.defineMetadata(GUARDS_METADATA, [...guards, MissingModuleGuard], target);
}
