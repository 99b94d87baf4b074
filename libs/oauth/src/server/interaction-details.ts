import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError, type RequestContext } from '@portcullis/auth';
import { INTERACTION_OVER } from '@portcullis/auth/internal';
import type { Client, Interaction, Provider } from 'oidc-provider';
import { type DescribedScope, describedScopes, scopeAsked } from './described-scopes.js';
import { textsFor } from './page-texts.js';
import { OAUTH_SERVER_SETTINGS, type OAuthServerSettings } from './server-settings.js';
import { ServerTokens } from './server-tokens.js';

/** What pages are told of what somebody is asked for. */
export interface InteractionDetails {
  /** What comes next: to log in, or to agree. */
  readonly prompt: 'login' | 'consent';
  readonly client: {
    readonly id: string;
    readonly name: string;
    /**
     * Where people are sent back to, as a host, or as a scheme of an app's own; for a client that describes itself, which may call itself
     * whatever it likes. Left out for others, and for devices.
     */
    readonly redirect_host?: string;
  };
  /** What the client may do afterwards, in the language of the browser. */
  readonly scopes: readonly DescribedScope[];
  /** The APIs at which it may. */
  readonly resources: readonly string[];
  /** How long each of its access tokens works at most, in seconds. */
  readonly access_token_seconds: number;
  /** How long it may get new ones without asking, in seconds; left out where that ends with the login. */
  readonly offline_seconds?: number;
  /** Who has logged in; undefined before that. */
  readonly subject?: string;
  /** Whom the client takes its user for. */
  readonly login_hint?: string;
  /** The languages that the client asks for, the best one first (OpenID Connect Core section 3.1.2.1). */
  readonly ui_locales?: string;
  /** How strong the login has to be, one of these. */
  readonly acr_values?: readonly string[];
  /** How old the login may be, in seconds. */
  readonly max_age?: number;
}

/** Tells the app's own pages what somebody is asked for, in the language of the browser or of the client. */
@Injectable()
export class InteractionDetailing {
  constructor(
    @Inject(OAUTH_SERVER_SETTINGS) private readonly settings: OAuthServerSettings,
    private readonly tokens: ServerTokens,
  ) {}

  /** @throws PortcullisError `interaction_over` where the client is gone */
  async of(
    provider: Provider,
    { prompt, params, session }: Interaction,
    request: RequestContext,
  ): Promise<InteractionDetails> {
    const client = await this.clientOf(provider, params);
    const { login_hint, acr_values, max_age, ui_locales } = params;
    return {
      prompt: prompt.name as InteractionDetails['prompt'],
      client: {
        ...{ id: client.clientId, name: client.clientName ?? client.clientId },
        ...unknownPlaceOf(client, params),
      },
      ...this.#accessOf(client, params, request),
      ...(session?.accountId !== undefined && { subject: session.accountId }),
      ...(typeof login_hint === 'string' && { login_hint }),
      ...(typeof ui_locales === 'string' && { ui_locales }),
      ...(typeof acr_values === 'string' && { acr_values: acr_values.split(' ') }),
      ...(max_age !== undefined && { max_age: Number(max_age) }),
    };
  }

  /** @throws PortcullisError `interaction_over` where it is gone */
  async clientOf(provider: Provider, { client_id }: Interaction['params']): Promise<Client> {
    const client = await provider.Client.find(String(client_id));
    if (client === undefined) throw interactionOver('the client is gone');
    return client;
  }

  /** What the client would get. */
  #accessOf(
    client: Client,
    { resource: asked, scope, ui_locales: uiLocales }: Interaction['params'],
    request: RequestContext,
  ): Pick<InteractionDetails, 'scopes' | 'resources' | 'access_token_seconds' | 'offline_seconds'> {
    const resources = this.tokens.resourcesIn(asked);
    const { scopes: words } = textsFor(this.settings.texts, {
      uiLocales,
      accepted: request.header('accept-language'),
    });
    const scopes = describedScopes(scopeAsked(client, scope), this.tokens.scopesAsked(client, asked), words);
    const isOffline = scopes.some((each) => each.scope === 'offline_access');
    return {
      ...{ scopes, resources },
      access_token_seconds: Math.max(...resources.map((each) => this.tokens.lifetimeOf(client, each))),
      ...(isOffline && { offline_seconds: this.settings.refreshTokenSeconds }),
    };
  }
}

/** Nobody here has looked at who describes itself: what its users can go by is where it leads them. */
function unknownPlaceOf(
  { describes_itself }: Client,
  { redirect_uri }: Interaction['params'],
): { readonly redirect_host?: string } {
  if (describes_itself !== true || typeof redirect_uri !== 'string') return {};
  const { host, protocol } = new URL(redirect_uri);
  return { redirect_host: host || protocol };
}

export function interactionOver(reason: string): PortcullisError {
  return new PortcullisError(INTERACTION_OVER, reason);
}
