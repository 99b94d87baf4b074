import 'reflect-metadata';
import type { HandlerTraits } from '../request/handler-facts.js';
import type { DemandDefinition } from './access-demand.js';
import type { TraitDefinition } from './handler-trait.js';

/** What one decorator says about a class or a method, before it is compiled into an `AccessRule`. */
export type Declaration =
  | { readonly kind: 'public'; readonly identify: boolean }
  | { readonly kind: 'user' | 'app' | 'user-or-app'; readonly scopes: readonly string[] }
  | { readonly kind: 'scopes' | 'any-scope'; readonly scopes: readonly string[] }
  | { readonly kind: 'demand'; readonly demand: DemandDefinition; readonly value: unknown }
  | { readonly kind: 'trait'; readonly trait: TraitDefinition; readonly value: unknown };

const DECLARATIONS = Symbol('portcullis.declarations');

/**
 * Stored under the class and the method's *name*, not on the function as Nest's `SetMetadata` does:
 * another decorator that wraps the method would otherwise silently drop what the route demands.
 */
export function declare(declaration: Declaration): ClassDecorator & MethodDecorator {
  return (target: object, method?: string | symbol) => {
    const declared = [...declaredOn(target, method as string), declaration];
    Reflect.defineMetadata(DECLARATIONS, declared, target, method as string);
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

/** What stands at one place. */
export interface DeclarationLayer {
  /** `Class` or `Class.method`, for messages. */
  readonly place: string;
  readonly declarations: readonly Declaration[];
}

/**
 * What was declared for a method, the nearest first: on the method in the class itself and in those it extends, then on
 * these classes. Each place speaks for itself, so a subclass that adds a scope keeps what its parent demands.
 */
export function declarationLayers(type: NamedClass, method: string): DeclarationLayer[] {
  const classes: NamedClass[] = [];
  for (let current = type; current.prototype !== undefined; current = Object.getPrototypeOf(current)) {
    classes.push(current);
  }
  return [
    ...classes.map(({ name, prototype }) => ({
      place: `${name}.${method}`,
      declarations: declaredOn(prototype, method),
    })),
    ...classes.map((current) => ({ place: current.name, declarations: declaredOn(current) })),
  ];
}

/** A class; `Function.prototype`, where the chain of classes ends, has no prototype of its own. */
interface NamedClass {
  readonly name: string;
  readonly prototype: object;
}

function declaredOn(target: object, method?: string): readonly Declaration[] {
  return Reflect.getOwnMetadata(DECLARATIONS, target, method as string) ?? [];
}
