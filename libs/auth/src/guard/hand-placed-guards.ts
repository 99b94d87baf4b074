import { type CanActivate, type ExecutionContext, Inject, Injectable, type Type } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { ApplicationConfig } from '@nestjs/core';
import { AccessRules, type CompiledHandler, isRoute } from '../access/access-rules.js';
import { PortcullisConfigurationError } from '../errors.js';
import { ContextAdapters } from '../request/context-adapter.js';
import { GUARD_SETTINGS, type GuardSettings } from './guard-settings.js';
import { isLimited } from './limited-handlers.js';
import { isOwnGuard } from './own-guards.js';

/**
 * For apps without the global guard, where decorators demand nothing by themselves: each handler that has some has a guard of ours,
 * too, on itself, on its class or on the whole app.
 */
@Injectable()
export class HandPlacedGuards implements CanActivate {
  /** Classes whose handlers may lose what `@UseGuards` puts on them, because each of their instances may replace them. */
  readonly #doubtful = new Set<unknown>();

  constructor(
    @Inject(GUARD_SETTINGS) private readonly settings: GuardSettings,
    private readonly application: ApplicationConfig,
    private readonly rules: AccessRules,
    private readonly contexts: ContextAdapters,
  ) {}

  /** @throws PortcullisConfigurationError naming the handlers that nothing guards */
  check(): void {
    if (this.settings.globalGuard || this.#isGuardedAsAWhole()) return;
    const demanding = this.rules.all.filter((handler) => isRoute(handler) && needsGuard(handler));
    const problems = demanding.filter(({ type, called }) => !isGuarded(type, called)).map(unguarded);
    if (problems.length > 0) throw new PortcullisConfigurationError(problems);
    for (const type of this.rules.constructedPerRequest) this.#doubtful.add(type);
  }

  /** @throws Error where a controller has replaced a handler by one without its guard, or one of another context has none */
  canActivate(host: ExecutionContext): boolean {
    if (!this.#isDoubtful(host)) return true;
    const rule = this.rules.ruleFor(host.getClass(), host.getHandler(), host);
    if (!needsGuard({ rule }) || isGuarded(host.getClass(), host.getHandler())) return true;
    throw new Error(unguarded({ rule }));
  }

  /** Of other contexts than HTTP nobody knows at boot what leads to a handler. */
  #isDoubtful(host: ExecutionContext): boolean {
    return host.getType() === 'http'
      ? this.#doubtful.has(host.getClass())
      : !this.#isGuardedAsAWhole() && this.contexts.of(host) !== undefined;
  }

  #isGuardedAsAWhole(): boolean {
    return (
      this.application.getGlobalGuards().some(isOwnGuard) ||
      this.application
        .getGlobalRequestGuards()
        .some(({ metatype, instance }) => isOwnGuard(metatype) || isOwnGuard(instance))
    );
  }
}

/** An open handler that looks at no credentials is what it says without a guard, too, unless it says how often. */
function needsGuard({ rule }: Pick<CompiledHandler, 'rule'>): boolean {
  const { identify, declared, user, app, demands } = rule;
  if (isLimited(rule)) return true;
  const demandsScopes = [user, app].some(({ allOf, anyOf }) => allOf.length > 0 || anyOf.length > 0);
  return identify && (declared || demandsScopes || demands.length > 0);
}

function isGuarded(type: Type, handler: object): boolean {
  return [type, handler].some((target) => {
    const guards: unknown[] = Reflect.getMetadata(GUARDS_METADATA, target) ?? [];
    return guards.some(isOwnGuard);
  });
}

function unguarded({ rule: { handler } }: Pick<CompiledHandler, 'rule'>): string {
  return (
    `${handler} has decorators of Portcullis, but with globalGuard: false nothing applies them: ` +
    'write @UseGuards(JwtGuard), @UseGuards(ApiKeyGuard) or @UseGuards(AccessGuard) on it or on its class'
  );
}
