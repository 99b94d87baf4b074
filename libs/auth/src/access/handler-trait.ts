import type { HandlerTraits } from '../request/handler-facts.js';

/**
 * Something that a handler can be marked with besides who may call it, made known by the decorator that declares it.
 *
 * @typeParam Value what the decorator was given
 */
export interface TraitDefinition<Name extends keyof HandlerTraits = keyof HandlerTraits, Value = unknown> {
  /** Where its value stands in the traits of a handler. */
  readonly name: Name;
  /** The decorator, for messages: `@BanExempt`. */
  readonly decorator: string;
  /**
   * Opens the handler to everybody, as `@Public` does; nearer demands close it again, and take the trait away. In one place with
   * what demands something it contradicts itself.
   */
  readonly opens?: boolean;
  /** With which declarations it contradicts itself in one place: all others, or the traits of these names. */
  readonly excludes?: 'everything' | readonly (keyof HandlerTraits)[];
  /** What makes no sense, in words that follow the decorator's name; undefined for a sound value. */
  problemOf?(value: Value): string | undefined;
  /** Compiles all values that were declared, the nearest first; there is one at least. */
  compile(values: readonly Value[]): NonNullable<HandlerTraits[Name]>;
}
