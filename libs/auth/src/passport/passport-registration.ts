import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import passport from 'passport';
import { ApiKeyStrategy } from './api-key-strategy.js';
import { JwtStrategy } from './jwt-strategy.js';
import { PASSPORT_SETTINGS, type PassportSettings } from './passport-settings.js';

/** Makes our strategies answer to their names in the Passport of the whole process, for teams that move over step by step. */
@Injectable()
export class PassportRegistration implements OnModuleInit, OnModuleDestroy {
  readonly #strategies: readonly (JwtStrategy | ApiKeyStrategy)[];

  constructor(
    @Inject(PASSPORT_SETTINGS) { registerPassport }: PassportSettings,
    tokens: JwtStrategy,
    apiKeys: ApiKeyStrategy,
  ) {
    this.#strategies = registerPassport ? [tokens, apiKeys] : [];
  }

  onModuleInit(): void {
    for (const strategy of this.#strategies) passport.use(strategy);
  }

  onModuleDestroy(): void {
    for (const strategy of this.#strategies) {
      if (registered(strategy.name) === strategy) passport.unuse(strategy.name);
    }
  }
}

/** Whoever came last answers to a name: another app of this process may have taken it over. */
function registered(name: string): unknown {
  return (passport as unknown as { _strategy(name: string): unknown })._strategy(name);
}
