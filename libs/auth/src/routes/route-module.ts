import { type DynamicModule, type FactoryProvider, Module } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { PortcullisConfigurationError } from '../errors.js';
import { OWN_ROUTES_GUARD } from './own-routes.guard.js';

type NestModule = NonNullable<ReturnType<ModulesContainer['get']>>;

/** Provided in a module that was registered, and not where its class alone was imported. */
const REGISTERED = Symbol('portcullis.registered');

/**
 * A module with routes of ours, which stands beside `PortcullisModule`. It keeps an app from booting where its class alone is imported, whose
 * routes would not be there, and where that other module is missing.
 */
export function RouteModule(): ClassDecorator {
  return Module({ providers: [CHECK] });
}

/** What `register()` of a {@link RouteModule} returns. */
export function registered({ providers = [], ...module }: DynamicModule): DynamicModule {
  return { ...module, providers: [{ provide: REGISTERED, useValue: true }, ...providers] };
}

/**
 * Nest would say that it can't resolve the first thing that is missing. It looks for that with promises, and calls a factory that asks for
 * nothing before they are settled: on what it keeps of the provider, with the module, whose imports are complete by then.
 */
const CHECK: FactoryProvider = {
  provide: Symbol('portcullis.route-module-check'),
  useFactory(this: { readonly host?: NestModule } | undefined) {
    if (this?.host === undefined) return;
    const problem = problemOf(this.host);
    if (problem !== undefined) throw new PortcullisConfigurationError([problem]);
  },
};

function problemOf({ name, providers, imports }: NestModule): string | undefined {
  if (!providers.has(REGISTERED))
    return `${name} is imported without options, and so without its routes: write ${name}.register(…) into the imports`;
  // A global module is among the imports of all others.
  if ([...imports].some((module) => module.providers.has(OWN_ROUTES_GUARD))) return undefined;
  return (
    `this app has no Portcullis (or another copy of @portcullis/auth), and ${name} can do nothing without it: ` +
    'write PortcullisModule.forRoot({ … }) into the imports of its root module'
  );
}
