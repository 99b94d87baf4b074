import { Inject, Injectable, Logger } from '@nestjs/common';
import { Log } from '../log.js';
import { EVENT_OPTIONS, type EventOptions } from './event.options.js';
import type { EventDefinition } from './event-definition.js';
import type { SecurityEvent } from './security-event.js';
import { SecurityEvents } from './security-events.js';

/** Writes the events that an operator wants to read to the app's own logger, as their definitions say. */
@Injectable()
export class SecurityLog {
  readonly #logger = new Log();

  constructor(@Inject(EVENT_OPTIONS.token) { log }: EventOptions, events: SecurityEvents) {
    if (!log) return;
    events.subscribe((event, definition) => this.#write(event, definition));
  }

  #write(event: SecurityEvent, definition: EventDefinition): void {
    const level = definition.levelOf?.(event);
    // A flood of refusals is no time to put together what nobody reads.
    if (level === undefined || !Logger.isLevelEnabled(level)) return;
    this.#logger.write(level, definition.lineOf(event));
  }
}
