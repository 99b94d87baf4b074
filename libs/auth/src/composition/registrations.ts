import type { Type } from '@nestjs/common';
import type { BearerFormat } from '../credentials/bearer-format.js';
import type { CredentialScheme } from '../credentials/credential-scheme.js';
import { PortcullisConfigurationError } from '../errors.js';
import type { PortcullisExtension } from '../extension.js';
import type { ContextAdapter } from '../request/context-adapter.js';

/** What is registered under a name. */
export type Named<T> = readonly [name: string, type: Type<T>];

/** Everything that the extensions of one app have registered. */
export class Registrations {
  /** @param extensions the library's own rooms, then those of the app */
  constructor(readonly extensions: readonly PortcullisExtension[]) {}

  get options() {
    return this.extensions.flatMap(({ options = [] }) => options);
  }

  get stores() {
    return this.extensions.flatMap(({ stores = [] }) => stores);
  }

  get events() {
    return this.extensions.flatMap(({ events = [] }) => events);
  }

  get changes() {
    return this.extensions.flatMap(({ changes = [] }) => changes);
  }

  /** By their names, in the order in which they are asked. */
  get schemes(): readonly Named<CredentialScheme>[] {
    return this.extensions.flatMap(({ schemes = {} }) => Object.entries(schemes));
  }

  /** In the order in which they are asked: the latest extension first, so that a format of the app goes before ours. */
  get bearerFormats(): readonly Named<BearerFormat>[] {
    return this.extensions.toReversed().flatMap(({ bearerFormats = {} }) => Object.entries(bearerFormats));
  }

  get contexts(): readonly Named<ContextAdapter>[] {
    return this.extensions.flatMap(({ contexts = {} }) => Object.entries(contexts));
  }

  get providers() {
    return this.extensions.flatMap(({ providers = [] }) => providers);
  }

  /** Every name that is registered twice, each in one line. */
  get problems(): readonly string[] {
    const { extensions } = this;
    const names = (what: (extension: PortcullisExtension) => readonly string[]) => extensions.flatMap(what);
    return [
      ...repeated(
        'the extension',
        names(({ name }) => [name]),
      ),
      ...repeated(
        'the options section',
        names(({ options = [] }) => options.map(({ name }) => name)),
      ),
      ...repeated(
        'the store',
        names(({ stores = [] }) => stores.map(({ name }) => name)),
      ),
      ...repeated(
        'the refusal',
        names(({ refusals = [] }) => refusals.map(({ code }) => code)),
      ),
      ...repeated(
        'the event',
        names(({ events = [] }) => events.map(({ type }) => type)),
      ),
      ...repeated(
        'the change',
        names(({ changes = [] }) => changes.map(({ kind }) => kind)),
      ),
      ...repeated(
        'the credential scheme',
        names(({ schemes = {} }) => Object.keys(schemes)),
      ),
      ...repeated(
        'the bearer format',
        names(({ bearerFormats = {} }) => Object.keys(bearerFormats)),
      ),
      ...repeated(
        'the context',
        names(({ contexts = {} }) => Object.keys(contexts)),
      ),
      // A microservice that an app connects inherits no guard: what is not refused there would be open.
      ...(this.contexts.some(([name]) => name === 'rpc') ? ['the context "rpc" can not be guarded yet'] : []),
    ];
  }
}

/** @throws PortcullisConfigurationError where something calls itself otherwise than it is registered */
export function demandOwnNames(what: string, registered: readonly string[], own: readonly string[]): void {
  const problems = registered.flatMap((name, index) =>
    own[index] === name ? [] : [`${what} ${JSON.stringify(name)} calls itself ${JSON.stringify(own[index])}`],
  );
  if (problems.length > 0) throw new PortcullisConfigurationError(problems);
}

function repeated(what: string, names: readonly string[]): string[] {
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [...new Set(twice)].map((name) => `${what} ${JSON.stringify(name)} is registered twice`);
}
