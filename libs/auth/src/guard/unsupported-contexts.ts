import { Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { compileAccessRule, demandsSomeone } from '../access/access-rule.js';
import { PortcullisConfigurationError } from '../errors.js';
import { ContextAdapters } from '../request/context-adapter.js';
import { GUARD_SETTINGS, type GuardSettings } from './guard-settings.js';
import { isLimited } from './limited-handlers.js';
import { findMessageHandlers, type MessageHandler } from './message-handlers.js';
import { isOwnGuard } from './own-guards.js';

/** What they are called in Nest's own documentation. */
const CALLED = { rpc: 'microservice handlers', ws: 'WebSocket gateways', graphql: 'GraphQL resolvers' };

/**
 * Keeps an app with handlers besides HTTP from booting, unless an adapter guards them or the app says that they are unguarded. A guard of
 * ours would not do: a microservice that an app connects inherits none, and what is put on a class is there for every app that has it.
 */
@Injectable()
export class UnsupportedContexts implements OnModuleInit {
  /** @throws PortcullisConfigurationError naming each of them */
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly contexts: ContextAdapters,
    @Inject(GUARD_SETTINGS) private readonly settings: GuardSettings,
  ) {
    this.#check();
  }

  /** Again: by now factories have made what they make, and modules may have been loaded late. */
  onModuleInit(): void {
    this.#check();
  }

  #check(): void {
    const foreign = findMessageHandlers(this.discovery, this.scanner).filter(
      ({ context }) => !this.contexts.has(context),
    );
    const { contexts } = this.settings;
    const problems = [
      ...Object.keys(contexts)
        .filter((type) => this.contexts.has(type))
        .map((type) => `contexts.${type}: is not unguarded, an extension guards it`),
      ...Object.keys(CALLED).flatMap((context) =>
        problemsOf(
          context as MessageHandler['context'],
          foreign.filter((handler) => handler.context === context),
          Object.hasOwn(contexts, context),
        ),
      ),
    ];
    if (problems.length > 0) throw new PortcullisConfigurationError(problems);
  }
}

function problemsOf(
  context: MessageHandler['context'],
  handlers: readonly MessageHandler[],
  isUnguarded: boolean,
): string[] {
  if (handlers.length === 0) return [];
  if (!isUnguarded) {
    const names = [...new Set(handlers.map(nameOf))].join(', ');
    return [
      `${names}: Portcullis does not guard ${CALLED[context]}; if they have guards of their own, say contexts: { ${context}: 'unguarded' }`,
    ];
  }
  return handlers
    .filter(({ type, method }) => method !== undefined && isMeantToBeGuarded(type, method))
    .map(
      (handler) =>
        `${nameOf(handler)}: demands what nobody checks, because contexts leaves ${CALLED[context]} unguarded; where anybody may call it, say @Public()`,
    );
}

function nameOf({ type, method }: MessageHandler): string {
  return method === undefined ? type.name : `${type.name}.${method}`;
}

/** By our decorators, or by a guard of ours that was placed there; or meant to be watched, as a login is by `@Strikes`. */
function isMeantToBeGuarded(type: Type, method: string): boolean {
  const placed = [type, type.prototype[method]].flatMap(
    (place): unknown[] => Reflect.getMetadata(GUARDS_METADATA, place) ?? [],
  );
  const rule = compileAccessRule(type, method);
  const { strikes, honeypot } = rule.traits;
  const isWatched = strikes !== undefined || honeypot !== undefined;
  return placed.some(isOwnGuard) || demandsSomeone(rule) || isLimited(rule) || isWatched;
}
