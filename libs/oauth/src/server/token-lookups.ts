import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError, RequestContext } from '@portcullis/auth';
import {
  noteRefusal,
  OAUTH_REFUSED,
  RATE_LIMIT_EXCEEDED,
  RATE_LIMIT_SETTINGS,
  type RateLimitSettings,
  RequestCounter,
  subscriberNetworkOf,
} from '@portcullis/auth/internal';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { AppCredentials } from './app-credentials.js';
import type { FoundToken, SentToken } from './sent-token.js';
import { ROUTES } from './server-paths.js';
import { OAUTH_SERVER_SETTINGS, type OAuthServerSettings } from './server-settings.js';
import { ServerTokenReader } from './server-token-reader.js';
import { ServerTokens } from './server-tokens.js';

const PATHS: readonly string[] = [ROUTES.introspection, ROUTES.revocation];
/** How many refusals in one window it takes to see them. Whoever goes on then earns strikes. */
const OVERLOOKED_REFUSALS = 10;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Looks at what clients send to be introspected or revoked: once for each request, and not more often than they may ask. */
@Injectable()
export class TokenLookups {
  readonly #counter: RequestCounter;

  constructor(
    @Inject(OAUTH_SERVER_SETTINGS) private readonly settings: OAuthServerSettings,
    @Inject(RATE_LIMIT_SETTINGS) { now, rateLimits }: RateLimitSettings,
    private readonly reader: ServerTokenReader,
    private readonly credentials: AppCredentials,
    private readonly tokens: ServerTokens,
  ) {
    this.#counter = new RequestCounter(now, 'What is asked about tokens is counted', rateLimits.limiter);
  }

  /** Counts by the address, before anything is read: also who the client is would be asked of the store. */
  watch(provider: Provider): void {
    provider.use(async (context, next) => {
      const request = RequestContext.of(context.req as never);
      if (context.method !== 'POST' || request === undefined || !PATHS.includes(context.path)) return next();
      const refusal = await this.#count('address', subscriberNetworkOf(request.address).text);
      if (refusal === undefined) return next();
      noteRefusal(refusal, request);
      context.status = refusal.getStatus();
      context.set({ 'Retry-After': String(refusal.retryAfterSeconds), 'Cache-Control': 'no-store' });
      context.body = { error: refusal.code, error_description: refusal.detail };
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
    const refusal = await this.#count('name', clientId);
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

  async #count(of: 'address' | 'name', name: string): Promise<PortcullisError | undefined> {
    const { tokenLookups: limit } = this.settings;
    const { count, resetSeconds } = await this.#counter.count(of, `oauth tokens ${name}`, limit);
    if (count <= limit.requests) return undefined;
    return new PortcullisError(RATE_LIMIT_EXCEEDED, `${name} asks about tokens too often`, {
      retryAfterSeconds: resetSeconds,
      ...(count > limit.requests + OVERLOOKED_REFUSALS && { strikeEvent: 'rate_limit_ignored' }),
    });
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
