import { EventCatalog } from '../events/event-catalog.js';
import type { EventDefinition } from '../events/event-definition.js';
import type { SecurityEvent } from '../events/security-event.js';
import type { SecurityEvents } from '../events/security-events.js';
import { RegisteredStores } from '../options/store-definition.js';
import { ChangeCatalog } from '../replication/change-definition.js';
import { BUILT_IN_EXTENSIONS } from './built-in-extensions.js';
import { memoryStores as emptyStores } from './memory-storage.js';
import type { PortcullisOptions, ResolvedOptions } from './portcullis.options.js';
import { Registrations } from './registrations.js';
import { resolveOptions as resolve } from './resolve-options.js';
import type { Stores } from './storage.js';

const BUILT_IN = new Registrations(BUILT_IN_EXTENSIONS);

/** Empty stores, but for those that a spec has an eye on. */
export function memoryStores(own: Partial<Stores> = {}): Stores {
  return { ...emptyStores(), ...own };
}

/** The options of an app that has nothing but what is built in, with these stores where it gives none. */
export function resolveOptions(given: PortcullisOptions, stores: Stores): ResolvedOptions {
  // What is no object is left as it is, to be refused by name.
  const isObject = given.stores === undefined || (typeof given.stores === 'object' && given.stores !== null);
  const defined = Object.entries(given.stores ?? {}).filter(([, store]) => store !== undefined);
  const all = isObject ? { ...stores, ...Object.fromEntries(defined) } : given.stores;
  return resolve({ ...given, stores: all }, BUILT_IN);
}

/** Every change that is built in. */
export const CHANGES = new ChangeCatalog(BUILT_IN.changes);

/** Every event that is built in. */
export const EVENTS = new EventCatalog(BUILT_IN.events);

/** Publishes an event by the definition that it has in an app. */
export function emit(events: SecurityEvents, event: SecurityEvent): void {
  events.emit(EVENTS.find(event.type) as EventDefinition, event);
}

export function registeredStores({ stores }: ResolvedOptions): RegisteredStores {
  return RegisteredStores.of(BUILT_IN.stores, stores);
}
