import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import {
  CREDENTIALS_REQUIRED,
  INVALID_TOKEN,
  MALFORMED_REQUEST,
  PortcullisError,
  type RequestContext,
  SessionService,
  TokenIssuer,
  type UserIdentity,
} from '@portcullis/auth';
import {
  CROSS_SITE_REQUEST,
  CredentialCheck,
  demandAccessToken,
  INSUFFICIENT_USER_AUTHENTICATION,
  TOKEN_SETTINGS,
  type TokenSettings,
} from '@portcullis/auth/internal';
import type { Interaction, Provider } from 'oidc-provider';
import { InteractionDetailing, interactionOver } from './interaction-details.js';
import { jsonIn } from './request-bodies.js';
import { ServerGrants } from './server-grants.js';
import { INTERACTION } from './server-paths.js';
import { OAUTH_SERVER_SETTINGS, type OAuthServerSettings } from './server-settings.js';
import { UserDecisions } from './user-decisions.js';

/** Whoever is to log in anew has done so this long ago at most, in seconds. */
const ANEW_SECONDS = 60;

/** Under this name grants hold what is asked of the server itself. */
const SERVER_ITSELF = '';

/**
 * What the app's own pages ask and answer while somebody logs in for a client. Who has logged in is proven by the access token of a session:
 * so every login has gone the whole way that any login of the app goes, with all its factors.
 */
@Injectable()
export class ServerInteractions {
  constructor(
    @Inject(OAUTH_SERVER_SETTINGS) private readonly settings: OAuthServerSettings,
    @Inject(TOKEN_SETTINGS) private readonly clock: TokenSettings,
    private readonly credentials: CredentialCheck,
    private readonly sessions: SessionService,
    private readonly issuer: TokenIssuer,
    private readonly grants: ServerGrants,
    private readonly details: InteractionDetailing,
    private readonly decisions: UserDecisions,
  ) {}

  /**
   * Answers `GET /oauth/interaction/:id`, which leads to a page of the app, `…/details`, and `POST …/login`, `…/consent` and `…/abort`.
   *
   * @param path after `/oauth/interaction/`
   * @throws PortcullisError where it is refused
   */
  async answer(
    provider: Provider,
    path: string,
    request: RequestContext,
    raw: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const [id = '', action] = path.split('/');
    const interaction = await this.#find(provider, id, raw, response);
    if (raw.method === 'GET' && action === undefined) return this.#lead(interaction, id, response);
    if (raw.method === 'GET' && action === 'details')
      return answerJson(response, await this.details.of(provider, interaction, request));
    if (raw.method !== 'POST') throw interactionOver(`there is no ${raw.method} …/${action}`);
    demandOwnPage(request, this.issuer.url);
    demandNoFields(await jsonIn(raw));
    const finish = async (result: object) => {
      const finishing = provider.interactionResult(raw, response, result as never, {
        mergeWithLastSubmission: true,
      });
      answerJson(response, { redirect_to: await finishing.catch(asOver) });
    };
    const { name: asked } = interaction.prompt;
    if (action !== 'abort' && action !== asked)
      throw interactionOver(`${action} is not what is asked: ${asked}`);
    const login = action === 'login' && (await this.#loginOf(interaction, request));
    if (!(await this.decisions.holds(`interaction ${id}`, action)))
      throw interactionOver('the user has answered otherwise at the same time');
    if (action === 'abort')
      return finish({ error: 'access_denied', error_description: 'the user has declined' });
    if (login) return finish({ login });
    return finish({ consent: { grantId: await this.#agree(provider, interaction).catch(asOver) } });
  }

  async #find(
    provider: Provider,
    id: string,
    raw: IncomingMessage,
    response: ServerResponse,
  ): Promise<Interaction> {
    try {
      const interaction = await provider.interactionDetails(raw, response);
      if (interaction.uid === id) return interaction;
    } catch (error) {
      if (error instanceof PortcullisError) throw error;
      throw interactionOver(`the interaction is over, or of another browser: ${error}`);
    }
    throw interactionOver('the interaction is of another browser');
  }

  #lead({ prompt, params }: Interaction, id: string, response: ServerResponse): void {
    const page = prompt.name === 'login' ? this.settings.login : this.settings.consent;
    const place = new URL(page, this.issuer.url);
    place.searchParams.set('interaction', id);
    if (typeof params.ui_locales === 'string') place.searchParams.set('ui_locales', params.ui_locales);
    response.writeHead(303, { Location: place.href, 'Cache-Control': 'no-store', 'Content-Length': 0 });
    response.end();
  }

  /** @throws PortcullisError where nobody has logged in, or not as the client wants it */
  async #loginOf({ params }: Interaction, request: RequestContext): Promise<object> {
    await this.credentials.identify(request);
    const { user } = request;
    if (user === undefined)
      throw new PortcullisError(CREDENTIALS_REQUIRED, 'no login was sent', { challenge: ['token'] });
    demandAccessToken(user);
    const { sid, acr, amr, auth_time } = user.claims;
    if (typeof sid !== 'string' || !(await this.#goesOn(sid, user)))
      throw new PortcullisError(INVALID_TOKEN, 'the token is of no session of this app that goes on', {
        challenge: ['token'],
      });
    demandLevel(params, user, this.clock.now());
    demandNamed(params, user);
    return {
      accountId: user.subject,
      login: sid,
      ts: Number(auth_time),
      remember: false,
      ...(typeof acr === 'string' && { acr }),
      ...(Array.isArray(amr) && { amr }),
    };
  }

  async #goesOn(id: string, { issuer, subject }: UserIdentity): Promise<boolean> {
    if (issuer !== this.issuer.url) return false;
    const session = await this.sessions.find(id);
    return session?.subject === subject && session.issuer === issuer && session.endedAt === null;
  }

  async #agree(provider: Provider, interaction: Interaction): Promise<string> {
    const { params, session, prompt, grantId } = interaction;
    const subject = session?.accountId;
    if (subject === undefined) throw interactionOver('nobody has logged in');
    const client = await this.details.clientOf(provider, params);
    const { missingOIDCScope = [], missingResourceScopes = {} } = prompt.details as {
      missingOIDCScope?: string[];
      missingResourceScopes?: Record<string, string[]>;
    };
    const agreed = { [SERVER_ITSELF]: missingOIDCScope, ...missingResourceScopes };
    return this.grants.agree(provider, { subject, client, grantId, scopes: agreed });
  }
}

/**
 * A page that hands in an older or a weaker login than the client wants would be asked again, and again.
 *
 * @param now milliseconds since the epoch
 * @throws PortcullisError `insufficient_user_authentication`
 */
function demandLevel(
  { max_age, acr_values, prompt }: Interaction['params'],
  { claims }: UserIdentity,
  now: number,
): void {
  const age = now / 1000 - Number(claims.auth_time);
  const isAnew = typeof prompt === 'string' && prompt.split(' ').includes('login');
  const oldest = Math.min(
    max_age === undefined ? Number.POSITIVE_INFINITY : Number(max_age),
    isAnew ? ANEW_SECONDS : Number.POSITIVE_INFINITY,
  );
  const wanted = typeof acr_values === 'string' ? acr_values : undefined;
  const isStrong = wanted === undefined || wanted.split(' ').includes(String(claims.acr));
  if (isStrong && !(age > Math.max(oldest, 1))) return;
  throw new PortcullisError(
    INSUFFICIENT_USER_AUTHENTICATION,
    `the login is ${Math.round(age)} s old, its acr ${claims.acr}`,
    {
      challenge: ['token'],
      demanded: {
        ...(wanted !== undefined && { acr_values: wanted }),
        ...(Number.isFinite(oldest) && { max_age: oldest }),
      },
    },
  );
}

/**
 * Whoever has another account than the client has named would come to it as somebody else (OpenID Connect Core section 3.1.2.1). The provider
 * has verified the ID token when the interaction began, and asks no more.
 *
 * @throws PortcullisError `insufficient_user_authentication`
 */
function demandNamed({ id_token_hint: hint }: Interaction['params'], { subject }: UserIdentity): void {
  if (typeof hint !== 'string') return;
  const { sub } = JSON.parse(Buffer.from(hint.split('.')[1] ?? '', 'base64url').toString());
  if (sub === subject) return;
  throw new PortcullisError(INSUFFICIENT_USER_AUTHENTICATION, `the client has named ${sub}`, {
    challenge: ['token'],
  });
}

/** No page of another origin can send JSON without a question ahead, to which nobody here says yes. */
function demandOwnPage(request: RequestContext, issuer: string): void {
  const [origin, site, type = ''] = ['origin', 'sec-fetch-site', 'content-type'].map((name) =>
    request.header(name),
  );
  if (!/^application\/json\s*(?:;|$)/i.test(type)) throw crossSite('the body is no JSON');
  if (origin !== undefined && origin !== new URL(issuer).origin) throw crossSite(`it comes from ${origin}`);
  if (site !== undefined && site !== 'same-origin') throw crossSite(`Sec-Fetch-Site is ${site}`);
}

/** A page that believes that people may agree to a part is not to have them agree to the whole. */
function demandNoFields(body: object): void {
  const [field] = Object.keys(body);
  if (field !== undefined) throw new PortcullisError(MALFORMED_REQUEST, `an answer has no field ${field}`);
}

function crossSite(reason: string): PortcullisError {
  return new PortcullisError(CROSS_SITE_REQUEST, reason);
}

function answerJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(body));
}

/** What was withdrawn meanwhile, or has ended otherwise, the provider can not keep any more. */
function asOver(error: unknown): never {
  if (error instanceof PortcullisError || Reflect.get(Object(error), 'statusCode') !== 400) throw error;
  throw interactionOver(`what it is about has ended meanwhile: ${error}`);
}

/** Where interactions are, for whoever mounts them. */
export const interactionIn = (path: string): string | undefined =>
  path.startsWith(INTERACTION) ? path.slice(INTERACTION.length) : undefined;
