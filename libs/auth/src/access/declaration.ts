import 'reflect-metadata';
import type { DemandDefinition } from './access-demand.js';
import type { TraitDefinition } from './handler-trait.js';

/** What one decorator says about a class or a method, before it is compiled into an `AccessRule`. */
export type Declaration =
  | { readonly kind: 'public'; readonly identify: boolean; readonly problem?: string }
  | { readonly kind: 'user' | 'app' | 'user-or-app'; readonly scopes: readonly string[] }
  | { readonly kind: 'scopes' | 'any-scope'; readonly scopes: readonly string[] }
  | { readonly kind: 'demand'; readonly demand: DemandDefinition; readonly value: unknown }
  | { readonly kind: 'trait'; readonly trait: TraitDefinition; readonly value: unknown };

/** A class; `Function.prototype`, where the chain of classes ends, has no prototype of its own. */
export interface NamedClass {
  readonly name: string;
  readonly prototype: object;
}

const DECLARATIONS = Symbol('portcullis.declarations');
const DECLARED_MEMBERS = Symbol('portcullis.declared-members');

/**
 * Kept under the class and the method's *name*, not on the function as Nest's `SetMetadata` does: another decorator that wraps the
 * method would otherwise silently drop what the route demands.
 *
 * @param target the class for itself and its static members, its prototype for methods
 */
export function keepDeclaration(
  target: object,
  member: string | symbol | undefined,
  declaration: Declaration,
) {
  const declared = [...declaredOn(target, member), declaration];
  Reflect.defineMetadata(DECLARATIONS, declared, target, member as string);
  if (member === undefined) return;
  Reflect.defineMetadata(DECLARED_MEMBERS, [...new Set([...declaredMembers(target), member])], target);
}

/** What is declared at exactly this place. */
export function declaredOn(target: object, member?: string | symbol): readonly Declaration[] {
  return Reflect.getOwnMetadata(DECLARATIONS, target, member as string) ?? [];
}

/** The names of the members that something is declared on. */
export function declaredMembers(target: object): readonly (string | symbol)[] {
  return Reflect.getOwnMetadata(DECLARED_MEMBERS, target) ?? [];
}

/** A class and those that it extends, from the nearest on. */
export function classesOf(type: NamedClass): readonly NamedClass[] {
  const classes: NamedClass[] = [];
  for (let current = type; current.prototype !== undefined; current = Object.getPrototypeOf(current)) {
    classes.push(current);
    // A class decorator may have put a proxy in the place of the class that ours have seen.
    const seen: NamedClass = current.prototype.constructor;
    if (seen !== current && seen?.prototype === current.prototype) classes.push(seen);
  }
  return classes;
}
