import type { ModulesContainer } from '@nestjs/core';
import { RESOLVED_OPTIONS } from './resolve-options.js';

/** What is wrong where one app registers the module more than once: each of them would prove credentials for itself, and believe none of the others. */
export function registeredTwice(modules: ModulesContainer): string[] {
  const all = [...modules.values()];
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
