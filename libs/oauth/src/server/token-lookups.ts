import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError, RequestContext } from '@portcullis/auth';
import {
  noteRefusal,
  OAUTH_REFUSED,
  RATE_LIMIT_SETTINGS,
  type RateLimitSettings,
} from '@portcullis/auth/internal';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { AppCredentials } from './app-credentials.js';
import { AskedTooOften, answerRefusal } from './asked-too-often.js';
import type { FoundToken, SentToken } from './sent-token.js';
import { ROUTES } from './server-paths.js';
import { OAUTH_SERVER_SETTINGS, type OAuthServerSettings } from './server-settings.js';
import { ServerTokenReader } from './server-token-reader.js';
import { ServerTokens } from './server-tokens.js';

const PATHS: readonly string[] = [ROUTES.introspection, ROUTES.revocation];
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Looks at what clients send to be introspected or revoked: once for each request, and not more often than they may ask. */
@Injectable()
export class TokenLookups {
  readonly #often: AskedTooOften;

  constructor(
    @Inject(OAUTH_SERVER_SETTINGS) private readonly settings: OAuthServerSettings,
    @Inject(RATE_LIMIT_SETTINGS) counting: RateLimitSettings,
    private readonly reader: ServerTokenReader,
    private readonly credentials: AppCredentials,
    private readonly tokens: ServerTokens,
  ) {
    this.#often = new AskedTooOften(counting, 'oauth tokens', 'Questions about tokens');
  }

  /** Counts by the address, before anything is read: also who the client is would be asked of the store. */
  watch(provider: Provider): void {
    provider.use(async (context, next) => {
      if (context.method !== 'POST' || !PATHS.includes(context.path)) return next();
      const asking = context as KoaContextWithOIDC;
      const refusal = await this.#often.byAddress(asking, this.settings.tokenLookups);
      if (refusal === undefined) return next();
      answerRefusal(asking, refusal);
    });
  }

  /**
   * What was sent, to a client that has proven itself. The provider asks for it as one kind of token after the other.
   *
   * @throws PortcullisError `rate_limit_exceeded`, `temporarily_unavailable`
   */
  find(text: string, context: KoaContextWithOIDC): Promise<FoundToken | undefined> {
    context.state.lookup ??= this.#find(text, context);
    return context.state.lookup as Promise<FoundToken | undefined>;
  }

  async #find(text: string, context: KoaContextWithOIDC): Promise<FoundToken | undefined> {
    const clientId = context.oidc.client?.clientId ?? '';
    const refusal = await this.#often.byName(clientId, this.settings.tokenLookups);
    if (refusal !== undefined) throw refusal;
    const sent = await this.#lookUp(text);
    if (sent !== 'forged') return sent;
    // Whoever asks for an API passes on what others have sent.
    const request = RequestContext.of(context.req as never);
    if (request !== undefined && !this.tokens.isAnyResource(clientId))
      noteRefusal(
        new PortcullisError(OAUTH_REFUSED, 'what was sent looks like a token of ours, and is none', {
          strikeEvent: 'oauth_token_failed',
        }),
        request,
      );
    return undefined;
  }

  #lookUp(text: string): Promise<SentToken> {
    if (this.credentials.recognises(text)) return this.credentials.lookUp(text);
    return JWT.test(text) ? this.reader.lookUp(text) : Promise.resolve(undefined);
  }
}

/** A text under a spelling that the provider takes for none of the JWTs that it would refuse to look at. */
export function hiddenToken(text: string): string {
  return `x${text}`;
}

/** What {@link hiddenToken} has hidden. */
export function shownToken(hidden: string): string {
  return hidden.slice(1);
}
