import { unknownTypesIn } from '../audit/audit.options.js';
import { PortcullisConfigurationError } from '../errors.js';
import { EventCatalog } from '../events/event-catalog.js';
import { proxyNetworks } from '../net/proxy-networks.js';
import { availableStore } from '../options/available-store.js';
import { problemsOf, withDefaults } from '../options/fill-options.js';
import { problemsInSection } from '../options/options-section.js';
import { problemOfStore } from '../options/store-definition.js';
import { contradictionsIn } from '../tokens/token-contradictions.js';
import { appNameOf } from './app-name.js';
import { type PortcullisOptions, type ResolvedOptions, RootOptions } from './portcullis.options.js';
import type { Registrations } from './registrations.js';
import { isStorage, type OpenStorage } from './storage.js';
import { withStorage } from './with-storage.js';

/** Every option with its default; the composition alone knows all of them, and gives each room what it asks for. */
export const RESOLVED_OPTIONS = Symbol('portcullis.resolved-options');

/**
 * Fills in the defaults and checks everything.
 *
 * @param registrations the sections and stores that there are
 * @param problems what is known to be wrong already
 * @throws PortcullisConfigurationError naming everything that is wrong
 */
export function resolveOptions(
  { storage, ...given }: PortcullisOptions,
  registrations: Registrations,
  problems: readonly string[] = [],
): ResolvedOptions {
  const found = [...registrations.problems, ...problems, ...takenNames(registrations)];
  const opened = openStorage(storage, appNameOf(given), found);
  const names = registrations.stores.map(({ name }) => name);
  const { stores, ...rest } = opened === undefined ? given : withStorage(given, opened, names);
  const sections: Record<string, unknown> = {};
  for (const section of registrations.options) {
    const value = section.fill((rest as Record<string, unknown>)[section.name]);
    found.push(...problemsInSection(section, value));
    sections[section.name] = value;
  }
  const own = Object.entries(rest).filter(([name]) => !(name in sections));
  const root = withDefaults(RootOptions, Object.fromEntries(own));
  found.push(...problemsOf(root));
  const resolved = {
    ...root,
    // What is no list is refused below.
    ...(Array.isArray(root.trustedProxies) && { trustedProxies: proxyNetworks(root.trustedProxies) }),
    ...sections,
    stores: resolveStores(stores, registrations, found),
    ...(opened && { storage: opened }),
  };
  const options = resolved as unknown as ResolvedOptions;
  if (found.length === 0) found.push(...contradictions(options, registrations));
  if (found.length > 0) {
    void opened?.close().catch(() => undefined);
    throw new PortcullisConfigurationError([...new Set(found)]);
  }
  return Object.freeze(options);
}

const NO_STORAGE = 'storage: must be what sqlite(), postgres() or memory() returns';

function openStorage(
  storage: unknown,
  name: string | undefined,
  problems: string[],
): OpenStorage | undefined {
  if (storage === undefined) return undefined;
  if (!isStorage(storage)) {
    problems.push(NO_STORAGE);
    return undefined;
  }
  try {
    return storage.open({ name });
  } catch (error) {
    problems.push(`storage: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

/** A section under the name of another option would take its place. */
function takenNames({ options }: Registrations): string[] {
  const taken = ['storage', 'stores', 'extensions', 'name', 'tenantClaim', ...Object.keys(new RootOptions())];
  return options
    .filter(({ name }) => taken.includes(name))
    .map(({ name }) => `the options section ${JSON.stringify(name)} has the name of another option`);
}

function resolveStores(given: unknown, { stores }: Registrations, problems: string[]): object {
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    problems.push('stores: must be an object with stores');
    return {};
  }
  if (isStorage(given)) {
    problems.push('stores: takes stores one by one; what sqlite() and the like return is the option storage');
    return {};
  }
  const all: Record<string, unknown> = { ...given };
  const unknown = Object.keys(all).filter((name) => !stores.some((definition) => definition.name === name));
  problems.push(...unknown.map((name) => `stores.${name}: there is no such option`));
  return Object.fromEntries(
    stores.flatMap((definition) => {
      const { name, inMemory } = definition;
      const store = all[name];
      if (store === undefined) return inMemory === undefined ? [] : [[name, inMemory()]];
      const problem = problemOfStore(definition, store);
      if (problem !== undefined) problems.push(problem);
      return [[name, problem === undefined ? availableStore(definition, store as object) : store]];
    }),
  );
}

/** What no single section shows. */
function contradictions(
  { audit, bans, tokens, stores }: ResolvedOptions,
  { events }: Registrations,
): string[] {
  return [
    ...(bans.global ? [] : neededEntrance(bans)),
    ...unknownTypesIn(audit, new EventCatalog(events)),
    ...(tokens === undefined ? [] : contradictionsIn(tokens, stores)),
  ];
}

/** What lets banned callers in does so at the entrance. */
function neededEntrance({ challenge, letInProven }: ResolvedOptions['bans']): string[] {
  return [
    ...(letInProven ? ['bans.letInProven: needs bans.global, whose entrance it is'] : []),
    ...(challenge === undefined ? [] : ['bans.challenge: needs bans.global, whose entrance it is']),
  ];
}
