import type { ModulesContainer } from '@nestjs/core';
import { mountedPathOf } from '../routes/mount-at.js';
import { RESOLVED_OPTIONS } from './resolve-options.js';

type Modules = readonly NonNullable<ReturnType<ModulesContainer['get']>>[];

/** What is wrong where one app registers modules of ours more than once. Each in one line. */
export function registrationProblems(container: ModulesContainer): string[] {
  const all = [...container.values()];
  return [...registeredTwice(all), ...mountedTwice(all)];
}

/** The module more than once: each of them would prove credentials for itself, and believe none of the others. */
function registeredTwice(all: Modules): string[] {
  const registered = all.filter(({ providers }) => providers.has(RESOLVED_OPTIONS));
  if (registered.length < 2) return [];
  const importers = all
    .filter(({ imports }) => registered.some((module) => imports.has(module)))
    .filter(({ metatype }) => !registered.some((module) => module.metatype === metatype))
    .map(({ name }) => name);
  return [
    `PortcullisModule.forRoot or forRootAsync is called ${registered.length} times in this app, for ${[...new Set(importers)].join(', ')}: ` +
      'keep the one of the root module, whose services are there in every module',
  ];
}

/** Routes of ours at one path: on Express the options of the second call would be without effect, silently. */
function mountedTwice(all: Modules): string[] {
  const calls = new Map<string, Set<unknown>>();
  for (const module of all) {
    for (const { metatype } of module.controllers.values()) {
      const path = mountedPathOf(metatype);
      if (path === undefined) continue;
      const route = `${module.name}.register is called more than once for the path ${JSON.stringify(path)}`;
      calls.set(route, (calls.get(route) ?? new Set()).add(module));
    }
  }
  return [...calls]
    .filter(([, modules]) => modules.size > 1)
    .map(([route]) => `${route}: import what one call has returned, or give each a path of its own`);
}
