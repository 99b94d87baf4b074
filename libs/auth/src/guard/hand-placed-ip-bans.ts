import { Inject, Injectable, type Type } from '@nestjs/common';
import { INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import { ApplicationConfig } from '@nestjs/core';
import { AccessRules, type CompiledHandler, isRoute } from '../access/access-rules.js';
import { PortcullisConfigurationError } from '../errors.js';
import { GUARD_SETTINGS, type GuardSettings } from './guard-settings.js';
import { IpBanInterceptor } from './ip-ban.interceptor.js';

/** For apps with `bans.global: false`, where strikes are counted and decoys reported only under the interceptor. */
@Injectable()
export class HandPlacedIpBans {
  constructor(
    @Inject(GUARD_SETTINGS) private readonly settings: GuardSettings,
    private readonly application: ApplicationConfig,
    private readonly rules: AccessRules,
  ) {}

  /** @throws PortcullisConfigurationError naming the handlers whose strikes nobody would count, and the decoys that are none */
  check(): void {
    if (this.settings.bans.global || this.#isWatchedAsAWhole()) return;
    const problems = this.rules.all
      .filter((handler) => isRoute(handler) && !isWatched(handler))
      .flatMap(({ rule: { handler, traits } }) => {
        const decorators = [
          ...(traits.strikes === undefined ? [] : ['@Strikes']),
          ...(traits.honeypot === undefined ? [] : ['@Honeypot']),
        ];
        return decorators.map(
          (decorator) =>
            `${handler}: with bans.global: false nothing applies ${decorator}: ` +
            'write @UseInterceptors(IpBanInterceptor) on it or on its class, or provide that as APP_INTERCEPTOR',
        );
      });
    if (problems.length > 0) throw new PortcullisConfigurationError(problems);
  }

  #isWatchedAsAWhole(): boolean {
    return (
      this.application.getGlobalInterceptors().some(isOwn) ||
      this.application
        .getGlobalRequestInterceptors()
        .some(({ metatype, instance }) => isOwn(metatype) || isOwn(instance))
    );
  }
}

function isWatched({ type, called }: Pick<CompiledHandler, 'type' | 'called'>): boolean {
  return [type, called].some((target: Type | object) => {
    const interceptors: unknown[] = Reflect.getMetadata(INTERCEPTORS_METADATA, target) ?? [];
    return interceptors.some(isOwn);
  });
}

/** @param interceptor what `@UseInterceptors` and the like were given: a class, or an instance */
function isOwn(interceptor: unknown): boolean {
  return (
    interceptor === IpBanInterceptor ||
    interceptor instanceof IpBanInterceptor ||
    (typeof interceptor === 'function' && interceptor.prototype instanceof IpBanInterceptor)
  );
}
