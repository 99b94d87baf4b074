import 'reflect-metadata';
import type { NamedStrikes } from '../bans/strike-rules.js';
import type { ClaimsDemand } from '../tokens/claims-demand.js';

/** What one decorator says about a class or a method, before it is compiled into an `AccessRule`. */
export type Declaration =
  | { readonly kind: 'public'; readonly identify: boolean }
  | { readonly kind: 'user' | 'app' | 'user-or-app'; readonly scopes: readonly string[] }
  | { readonly kind: 'scopes' | 'any-scope'; readonly scopes: readonly string[] }
  | { readonly kind: 'claims'; readonly demand: ClaimsDemand }
  | { readonly kind: 'honeypot' }
  | { readonly kind: 'ban-exempt' }
  | { readonly kind: 'strikes'; readonly strikes: NamedStrikes };

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
