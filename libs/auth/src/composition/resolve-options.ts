import { unknownTypesIn } from '../audit/audit.options.js';
import { PortcullisConfigurationError } from '../errors.js';
import { EventCatalog } from '../events/event-catalog.js';
import { problemsOf, withDefaults } from '../options/fill-options.js';
import { problemsInSection } from '../options/options-section.js';
import { problemOfStore } from '../options/store-definition.js';
import { contradictionsIn } from '../tokens/token-contradictions.js';
import { type PortcullisOptions, type ResolvedOptions, RootOptions } from './portcullis.options.js';
import type { Registrations } from './registrations.js';

/**
 * Fills in the defaults and checks everything.
 *
 * @param registrations the sections and stores that there are
 * @param problems what is known to be wrong already
 * @throws PortcullisConfigurationError naming everything that is wrong
 */
export function resolveOptions(
  given: PortcullisOptions,
  registrations: Registrations,
  problems: readonly string[] = [],
): ResolvedOptions {
  const { stores, ...rest } = given;
  const found = [...registrations.problems, ...problems, ...takenNames(registrations)];
  const sections: Record<string, unknown> = {};
  for (const section of registrations.options) {
    const value = section.fill((rest as Record<string, unknown>)[section.name]);
    found.push(...problemsInSection(section, value));
    sections[section.name] = value;
  }
  const own = Object.entries(rest).filter(([name]) => !(name in sections));
  const root = withDefaults(RootOptions, Object.fromEntries(own));
  found.push(...problemsOf(root));
  const resolved = { ...root, ...sections, stores: resolveStores(stores, registrations, found) };
  const options = resolved as unknown as ResolvedOptions;
  if (found.length === 0) found.push(...contradictions(options, registrations));
  if (found.length > 0) throw new PortcullisConfigurationError([...new Set(found)]);
  return Object.freeze(options);
}

/** A section under the name of another option would take its place. */
function takenNames({ options }: Registrations): string[] {
  const taken = ['stores', 'extensions', 'tenantClaim', ...Object.keys(new RootOptions())];
  return options
    .filter(({ name }) => taken.includes(name))
    .map(({ name }) => `the options section ${JSON.stringify(name)} has the name of another option`);
}

function resolveStores(given: unknown, { stores }: Registrations, problems: string[]): object {
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    problems.push('stores: must be an object with stores');
    return {};
  }
  const all: Record<string, unknown> = { ...given };
  for (const definition of stores) {
    const { name, inMemory } = definition;
    if (all[name] === undefined) all[name] = inMemory?.();
    const problem = all[name] === undefined ? undefined : problemOfStore(definition, all[name]);
    if (problem !== undefined) problems.push(problem);
    if (all[name] === undefined) delete all[name];
  }
  const unknown = Object.keys(all).filter((name) => !stores.some((definition) => definition.name === name));
  problems.push(...unknown.map((name) => `stores.${name}: there is no such option`));
  return all;
}

/** What no single section shows. */
function contradictions({ audit, tokens, stores }: ResolvedOptions, { events }: Registrations): string[] {
  return [
    ...unknownTypesIn(audit, new EventCatalog(events)),
    ...(tokens === undefined ? [] : contradictionsIn(tokens, stores)),
  ];
}
