import type { FactoryProvider, Provider } from '@nestjs/common';
import { BEARER_FORMATS, type BearerFormat } from '../credentials/bearer-format.js';
import type { CredentialScheme } from '../credentials/credential-scheme.js';
import { CredentialSchemes } from '../credentials/credential-schemes.js';
import { EventCatalog } from '../events/event-catalog.js';
import { RegisteredStores } from '../options/store-definition.js';
import { ChangeCatalog } from '../replication/change-definition.js';
import { type ContextAdapter, ContextAdapters } from '../request/context-adapter.js';
import { demandOwnNames, type Named, type Registrations } from './registrations.js';
import { RESOLVED_OPTIONS } from './resolve-options.js';

/** What extensions have registered, each by its own token, and all of a kind together. */
export function registeredProviders(registrations: Registrations): Provider[] {
  const { options, stores, schemes, bearerFormats, contexts, providers } = registrations;
  return [
    ...options.map(({ name, token }) => fromOptions(token, (resolved) => resolved[name])),
    ...stores.map(({ name, token }) =>
      fromOptions(token, (resolved) => (resolved.stores as Record<string, unknown>)[name]),
    ),
    fromOptions(RegisteredStores, (resolved) => RegisteredStores.of(stores, resolved.stores as object)),
    { provide: EventCatalog, useValue: new EventCatalog(registrations.events) },
    { provide: ChangeCatalog, useValue: new ChangeCatalog(registrations.changes) },
    ...[...schemes, ...bearerFormats, ...contexts].map(([, type]) => type),
    allOf(CredentialSchemes, schemes, (all: readonly CredentialScheme[]) => {
      demandOwnNames('the credential scheme', namesOf(schemes), kindsOf(all));
      return new CredentialSchemes(all);
    }),
    allOf(BEARER_FORMATS, bearerFormats, (all: readonly BearerFormat[]) => {
      demandOwnNames('the bearer format', namesOf(bearerFormats), kindsOf(all));
      return all;
    }),
    allOf(ContextAdapters, contexts, (all: readonly ContextAdapter[]) => {
      demandOwnNames(
        'the context',
        namesOf(contexts),
        all.map(({ type }) => type),
      );
      return new ContextAdapters(all);
    }),
    ...providers,
  ];
}

function fromOptions(
  provide: FactoryProvider['provide'],
  select: (resolved: Readonly<Record<string, unknown>>) => unknown,
): Provider {
  return { provide, inject: [RESOLVED_OPTIONS], useFactory: select };
}

function allOf<T>(
  provide: FactoryProvider['provide'],
  named: readonly Named<T>[],
  make: (all: readonly T[]) => unknown,
): Provider {
  return { provide, inject: named.map(([, type]) => type), useFactory: (...all: T[]) => make(all) };
}

const namesOf = (named: readonly Named<unknown>[]) => named.map(([name]) => name);
const kindsOf = (all: readonly { readonly kind: string }[]) => all.map(({ kind }) => kind);
