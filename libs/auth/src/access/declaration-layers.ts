import { classesOf, type Declaration, declaredOn, type NamedClass } from './declaration.js';
import { HandlerOrigins, type Place } from './handler-origins.js';

/** What stands at one place. */
export interface DeclarationLayer {
  /** `Class` or `Class.method`, for messages. */
  readonly place: string;
  readonly declarations: readonly Declaration[];
  /** Whether it is said of a whole class. */
  readonly isOfClass: boolean;
  /** How many steps its class is away: 0 for the controller itself. */
  readonly distance: number;
  /** Where the function was copied from; undefined in the controller's own chain of classes. */
  readonly origin: Place | undefined;
}

/**
 * What was declared for a method, the nearest first: on the method in the class itself, in those it extends, and where the function
 * was copied from; then on these classes. Each place speaks for itself, so a subclass that adds a scope keeps what its parent demands.
 *
 * @param called the function that is called, where it is not that of the class
 */
export function declarationLayers(
  type: NamedClass,
  method: string,
  origins = new HandlerOrigins(),
  called?: object,
): DeclarationLayer[] {
  const handlers = [functionOf(type, method), called].filter((handler) => handler !== undefined);
  const elsewhere = origins.elsewhere(type, method, handlers);
  const steps = [{ type, method, origin: undefined }, ...elsewhere.map((origin) => ({ ...origin, origin }))]
    .flatMap((from) => classesOf(from.type).map((current) => ({ ...from, type: current })))
    .map((step, distance) => ({ ...step, distance }));
  return [
    ...steps.map(({ type: { name, prototype }, method: member, ...step }) => ({
      ...step,
      place: `${name}.${member}`,
      declarations: declaredOn(prototype, member),
      isOfClass: false,
    })),
    ...steps.map(({ type: current, method: _, ...step }) => ({
      ...step,
      place: current.name,
      declarations: declaredOn(current),
      isOfClass: true,
    })),
  ];
}

function functionOf({ prototype }: NamedClass, method: string): object | undefined {
  const value: unknown = (prototype as Record<string, unknown>)[method];
  return typeof value === 'function' ? value : undefined;
}
