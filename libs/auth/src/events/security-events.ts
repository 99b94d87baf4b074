import { Injectable } from '@nestjs/common';
import { Log } from '../log.js';
import type { EventDefinition } from './event-definition.js';
import type { SecurityEvent, SecurityEventType, SecurityEventTypes } from './security-event.js';

/**
 * What it returns is ignored, but for a promise that rejects, which is logged.
 *
 * @param definition how events of this type are logged and audited
 */
export type SecurityEventListener = (event: SecurityEvent, definition: EventDefinition) => unknown;

/** The one stream of what Portcullis decided. Nothing in it is secret. */
@Injectable()
export class SecurityEvents {
  readonly #logger = new Log();
  readonly #listeners = new Set<SecurityEventListener>();

  /**
   * Calls the listener with every event, in order and synchronously: hand slow work to a queue.
   * A listener that throws is logged and disturbs neither the request nor the other listeners.
   *
   * @returns a function that ends the subscription
   */
  subscribe(listener: SecurityEventListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Publishes an event. Only what is defined can be: an event without its rules for log and audit does not compile. */
  emit<Type extends SecurityEventType>(
    definition: EventDefinition<Type>,
    facts: SecurityEventTypes[Type],
  ): void {
    const event = { type: definition.type, ...facts } as SecurityEvent;
    for (const listener of this.#listeners) {
      try {
        const result = listener(event, definition as EventDefinition);
        if (result instanceof Promise) result.catch((error) => this.#report(event, error));
      } catch (error) {
        this.#report(event, error);
      }
    }
  }

  #report({ type }: SecurityEvent, error: unknown): void {
    this.#logger.error(`A listener failed on ${type}`, error);
  }
}
