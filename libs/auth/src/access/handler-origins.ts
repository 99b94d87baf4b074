import { classesOf, declaredMembers, type NamedClass } from './declaration.js';

/** Where a handler was declared. */
export interface Place {
  readonly type: NamedClass;
  readonly method: string;
}

interface NotedPlace extends Place {
  /** Whether a decorator stands on the method itself, and not on its class only. */
  readonly isOwn: boolean;
}

/** On a handler's function: the places where it was declared. Who wraps a method with all its metadata copies it. */
const ORIGINS = Symbol('portcullis.origins');

/** Classes with decorators of ours on their methods. */
const declaring = new Set<WeakRef<NamedClass>>();
const noted = new WeakSet<NamedClass>();

/** To be called for each decorator on a method. @param handler its function, as far as there is one */
export function noteMethod(type: NamedClass, method: string | symbol, handler: unknown): void {
  if (!noted.has(type)) {
    noted.add(type);
    declaring.add(new WeakRef(type));
  }
  if (typeof handler === 'function') note(handler, { type, method: method as string, isOwn: true });
}

/** To be called for each decorator on a class: what it says is said of the methods that it has by then. */
export function noteClass(type: NamedClass): void {
  for (const [method, handler] of ownMethods(type)) {
    if (originsNotedOn(handler).length === 0) note(handler, { type, method, isOwn: false });
  }
}

function note(handler: object, place: NotedPlace): void {
  Reflect.defineMetadata(ORIGINS, [...originsNotedOn(handler), place], handler);
}

function originsNotedOn(handler: object): readonly NotedPlace[] {
  return Reflect.getMetadata(ORIGINS, handler) ?? [];
}

/** The methods that a class has itself, by their names. */
export function ownMethods({ prototype }: NamedClass): [string, object][] {
  return Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([name, { value }]) =>
    name !== 'constructor' && typeof value === 'function' ? [[name, value]] : [],
  );
}

/**
 * Finds out where the handlers of a class come from: a mixin copies functions and not their class, and another decorator may have
 * put its own function in the place of the one that ours have seen.
 */
export class HandlerOrigins {
  readonly #holders = new Map<object, Place[]>();

  constructor() {
    for (const reference of declaring) {
      const type = reference.deref();
      if (type === undefined) declaring.delete(reference);
      else this.#index(type);
    }
  }

  /**
   * The places outside of a class and those that it extends where its method, or the function that stands in for it, was declared.
   *
   * @param handlers the function of the method, and the one that is called
   */
  elsewhere(type: NamedClass, method: string, handlers: Iterable<object>): readonly Place[] {
    const places: Place[] = [];
    for (const handler of handlers) {
      for (const place of this.#placesOf(handler, type, method)) {
        if (!places.some((known) => isSame(known, place))) places.push(place);
      }
    }
    return places;
  }

  #placesOf(handler: object, type: NamedClass, method: string): readonly Place[] {
    const classes = classesOf(type).map(({ prototype }) => prototype);
    const isHere = (place: Place) => place.method === method && classes.includes(place.type.prototype);
    const origins = originsNotedOn(handler);
    // Whoever decorates a function in this place has said what holds here.
    if (origins.some((place) => place.isOwn && isHere(place))) return [];
    const places = origins.length > 0 ? origins.filter(isOriginal) : (this.#holders.get(handler) ?? []);
    return places.filter((place) => !isHere(place));
  }

  #index(type: NamedClass): void {
    for (const method of declaredMembers(type.prototype)) {
      const handler: unknown = Object.getOwnPropertyDescriptor(type.prototype, method)?.value;
      if (typeof handler !== 'function') continue;
      this.#holders.set(handler, [...(this.#holders.get(handler) ?? []), { type, method: method as string }]);
    }
  }
}

function isSame(one: Place, other: Place): boolean {
  return one.type === other.type && one.method === other.method;
}

/** A subclass that decorates an inherited function anew says nothing of others that have it. */
function isOriginal({ type, method }: Place, _: number, all: readonly Place[]): boolean {
  const extended = classesOf(type).slice(1);
  return !all.some((other) => other.method === method && extended.includes(other.type));
}
