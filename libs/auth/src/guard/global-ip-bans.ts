import { Inject, Injectable } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { GUARD_SETTINGS, type GuardSettings } from './guard-settings.js';
import { IpBanInterceptor } from './ip-ban.interceptor.js';

/**
 * Puts the interceptor on every handler of an app without the global guard, which knows honeypots otherwise. Not as
 * `APP_INTERCEPTOR`: one that did nothing would still lead every request through RxJS, which costs more than the guard.
 */
@Injectable()
export class GlobalIpBans {
  constructor(
    application: ApplicationConfig,
    @Inject(GUARD_SETTINGS) { bans, globalGuard }: GuardSettings,
    interceptor: IpBanInterceptor,
  ) {
    if (bans.global && !globalGuard) application.addGlobalInterceptor(interceptor);
  }
}
