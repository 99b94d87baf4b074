import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { PassportStatic } from 'passport';
import { ApiKeyStrategy } from './api-key-strategy.js';
import { JwtStrategy } from './jwt-strategy.js';
import { PASSPORT_SETTINGS, type PassportSettings } from './passport-settings.js';

/** Makes our strategies answer to their names in the Passport of the whole process, for teams that move over step by step. */
@Injectable()
export class PassportRegistration implements OnModuleInit, OnModuleDestroy {
  readonly #strategies: readonly (JwtStrategy | ApiKeyStrategy)[];
  /** Loaded only where it is wanted. */
  #passport: PassportStatic | undefined;

  constructor(
    @Inject(PASSPORT_SETTINGS) private readonly settings: PassportSettings,
    tokens: JwtStrategy,
    apiKeys: ApiKeyStrategy,
  ) {
    this.#strategies = [tokens, apiKeys];
  }

  async onModuleInit(): Promise<void> {
    if (!this.settings.registerPassport) return;
    const { default: passport } = await import('passport');
    for (const strategy of this.#strategies) passport.use(strategy);
    this.#passport = passport;
  }

  onModuleDestroy(): void {
    for (const strategy of this.#strategies) {
      if (this.#passport !== undefined && registered(strategy.name, this.#passport) === strategy)
        this.#passport.unuse(strategy.name);
    }
  }
}

/** Whoever came last answers to a name: another app of this process may have taken it over. */
function registered(name: string, passport: PassportStatic): unknown {
  return (passport as unknown as { _strategy(name: string): unknown })._strategy(name);
}
