import { Inject, Injectable } from '@nestjs/common';
import { RATE_LIMIT_SETTINGS, type RateLimitSettings } from '@portcullis/auth/internal';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { AskedTooOften, answerRefusal } from './asked-too-often.js';
import { ServerPages } from './server-pages.js';
import { ROUTES } from './server-paths.js';
import { OAUTH_SERVER_SETTINGS, type OAuthServerSettings } from './server-settings.js';

/** Where anybody has a row kept for minutes, who need not have proven anything. */
const BEGINNINGS = [
  `GET ${ROUTES.authorization}`,
  `HEAD ${ROUTES.authorization}`,
  `POST ${ROUTES.pushed_authorization_request}`,
  `POST ${ROUTES.device_authorization}`,
];

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
      if (!BEGINNINGS.includes(`${plain.method} ${plain.path}`)) return next();
      const context = plain as KoaContextWithOIDC;
      const refusal = await this.#often.byAddress(context, this.settings.authorizationRequests);
      if (refusal === undefined) return next();
      answerRefusal(context, refusal);
      if (context.path === ROUTES.authorization) this.pages.error(context, refusal.code);
    });
  }
}
