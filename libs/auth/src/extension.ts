import type { Provider, Type } from '@nestjs/common';
import type { BearerFormat } from './credentials/bearer-format.js';
import type { CredentialScheme } from './credentials/credential-scheme.js';
import type { Refusal } from './errors.js';
import type { EventDefinition } from './events/event-definition.js';
import type { OptionsSection } from './options/options-section.js';
import type { StoreDefinition } from './options/store-definition.js';
import type { ChangeDefinition } from './replication/change-definition.js';
import type { ContextAdapter } from './request/context-adapter.js';

/**
 * What a room adds to Portcullis: the library's own rooms register themselves by it, and so does whatever an app adds. No name
 * may be registered twice, by whomever.
 */
export interface PortcullisExtension {
  /** Its name, for messages. */
  readonly name: string;
  /** Sections of the options. */
  readonly options?: readonly OptionsSection[];
  /** Ports to durable data, by their names in the option `stores`. */
  readonly stores?: readonly StoreDefinition[];
  /** Ways to refuse a request. */
  readonly refusals?: readonly Refusal[];
  /** The events that it emits. */
  readonly events?: readonly EventDefinition[];
  /** The changes that it publishes to other instances. */
  readonly changes?: readonly ChangeDefinition[];
  /** Ways to prove who is calling, by their kinds. */
  readonly schemes?: Readonly<Record<string, Type<CredentialScheme>>>;
  /** What a bearer token may be, by their kinds. Those of an app are asked before those of Portcullis. */
  readonly bearerFormats?: Readonly<Record<string, Type<BearerFormat>>>;
  /** Where handlers live besides HTTP, by what `host.getType()` says there. */
  readonly contexts?: Readonly<Record<string, Type<ContextAdapter>>>;
  /** Whatever else it needs, and whatever the app may inject of it. */
  readonly providers?: readonly Provider[];
}
