/**
 * What a handler is marked with, besides who may call it. Open: whoever defines a trait adds it here, by declaration merging.
 * Every trait is optional, and undefined where no decorator sets it.
 */
// biome-ignore lint/suspicious/noEmptyInterface: the rooms that have traits fill it.
export interface HandlerTraits {}

/** What a request knows of the handler that it meets. */
export interface HandlerFacts {
  /** `Controller.method`, for messages and events. */
  readonly handler: string;
  readonly traits: HandlerTraits;
}
