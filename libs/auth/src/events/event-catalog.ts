import type { EventDefinition } from './event-definition.js';
import type { SecurityEventType } from './security-event.js';

/** Every event that this app can emit. */
export class EventCatalog {
  readonly #definitions: ReadonlyMap<string, EventDefinition>;

  constructor(definitions: readonly EventDefinition[]) {
    this.#definitions = new Map(definitions.map((definition) => [definition.type, definition]));
  }

  find(type: string): EventDefinition | undefined {
    return this.#definitions.get(type);
  }

  /** The types that the audit log can keep. */
  get audited(): readonly SecurityEventType[] {
    return this.#typesOf(({ weigh }) => weigh !== undefined);
  }

  /** The types that it keeps where the options name none. */
  get auditedByDefault(): readonly SecurityEventType[] {
    return this.#typesOf(({ isAuditedByDefault }) => isAuditedByDefault);
  }

  #typesOf(isWanted: (definition: EventDefinition) => boolean): SecurityEventType[] {
    return [...this.#definitions.values()].filter(isWanted).map(({ type }) => type);
  }
}
