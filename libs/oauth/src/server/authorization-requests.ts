import { Inject, Injectable } from '@nestjs/common';
import { RATE_LIMIT_SETTINGS, type RateLimitSettings } from '@portcullis/auth/internal';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { AskedTooOften, answerRefusal } from './asked-too-often.js';
import { ServerPages } from './server-pages.js';
import { ROUTES } from './server-paths.js';
import { OAUTH_SERVER_SETTINGS, type OAuthServerSettings } from './server-settings.js';

/** Where browsers are shown what is wrong. */
const PAGES: readonly string[] = [ROUTES.authorization, ROUTES.code_verification, ROUTES.end_session];
/** Where anybody has a row kept for minutes, who need not have proven anything: what is asked, or the session that asks. */
const BEGINNINGS = [...PAGES, ROUTES.pushed_authorization_request, ROUTES.device_authorization];

/** Bounds how much one network has the server remember of what it has begun, before anybody has logged in. */
@Injectable()
export class AuthorizationRequests {
  readonly #often: AskedTooOften;

  constructor(
    @Inject(OAUTH_SERVER_SETTINGS) private readonly settings: OAuthServerSettings,
    @Inject(RATE_LIMIT_SETTINGS) counting: RateLimitSettings,
    private readonly pages: ServerPages,
  ) {
    this.#often = new AskedTooOften(counting, 'oauth authorizations', 'Authorization requests');
  }

  /** Counts before anything is read or kept. */
  watch(provider: Provider): void {
    provider.use(async (plain, next) => {
      if (!BEGINNINGS.includes(plain.path) || plain.method === 'OPTIONS') return next();
      const context = plain as KoaContextWithOIDC;
      const refusal = await this.#often.byAddress(context, this.settings.authorizationRequests);
      if (refusal === undefined) return next();
      answerRefusal(context, refusal);
      if (PAGES.includes(context.path)) this.pages.error(context, refusal.code);
    });
  }
}
