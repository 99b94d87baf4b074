import { Inject, Injectable } from '@nestjs/common';
import {
  type Authentication,
  type Confirmation,
  type DirectoryUser,
  type IssuedToken,
  PortcullisConfigurationError,
  TokenIssuer,
} from '@portcullis/auth';
import { scopesWithin, TOKEN_SETTINGS, type TokenSettings } from '@portcullis/auth/internal';
import { OAUTH_SERVER_SETTINGS, type OAuthServerSettings } from './server-settings.js';
import { isResource } from './settings-problems.js';

/** What every token of the server has. */
interface TokenRequest {
  readonly clientId: string;
  /** What was asked for, and granted. */
  readonly scopes: readonly string[];
  /** The API that it is for; undefined for this one. */
  readonly audience: string | undefined;
  readonly confirmation: Confirmation | undefined;
  readonly lifetimeSeconds: number;
  /** When it ends in any case, in seconds since the epoch. */
  readonly notAfter?: number;
}

/** A token by which a client acts for a user. */
export interface UserTokenRequest extends TokenRequest {
  readonly user: DirectoryUser;
  readonly grantId: string;
  /** `sid` of the login that it ends with; undefined for what goes on without. */
  readonly login: string | undefined;
  readonly authentication: Authentication | undefined;
  /** Whether it says no more than has to be in it. */
  readonly isCompact: boolean;
  /** Who acts for whom, where it was exchanged for another one (RFC 8693 section 4.1). */
  readonly actor?: Readonly<Record<string, unknown>>;
}

/** A token, with what came of what was asked for. */
export interface IssuedServerToken extends IssuedToken {
  /** As it stands in the token: whoever is given less than they have asked for is told (RFC 6749 section 5.1). */
  readonly scope: string;
}

/** Makes the access tokens of the server: they are those of this app, verified, bound and revoked like any other. */
@Injectable()
export class ServerTokens {
  /** The API that this app is. */
  readonly ownResource: string;

  /** @throws PortcullisConfigurationError where the app accepts no tokens, or none that a client could ask for */
  constructor(
    @Inject(OAUTH_SERVER_SETTINGS) private readonly settings: OAuthServerSettings,
    @Inject(TOKEN_SETTINGS) private readonly tokens: TokenSettings,
    private readonly issuer: TokenIssuer,
  ) {
    this.ownResource = demandResource(tokens.tokens?.audience);
  }

  /** `iss` of the tokens. */
  get issuerUrl(): string {
    return this.issuer.url;
  }

  /** How far the clocks of clients may be off: as far as those of other issuers. */
  get clockToleranceSeconds(): number {
    return this.tokens.tokens?.clockToleranceSeconds ?? 0;
  }

  /** Never more than the user may do now. What that is at another API is said there. */
  async issue({
    user,
    scopes,
    audience,
    login,
    grantId,
    ...request
  }: UserTokenRequest): Promise<IssuedServerToken> {
    const { authentication, confirmation, isCompact, actor, ...rest } = request;
    const isOwn = audience === undefined || audience === this.ownResource;
    const granted = isOwn ? scopesWithin(scopes, user.scopes) : scopes;
    const claims = { ...(isOwn && !isCompact && user.claims), ...(actor && { act: actor }) };
    const issued = await this.issuer.issue({
      ...rest,
      subject: user.subject,
      scopes: granted,
      claims,
      grantId,
      // What goes on without the login is a session of its own.
      ...(!isCompact && { sessionId: login ?? grantId }),
      ...(isCompact && login !== undefined && { sessionId: login }),
      ...(audience !== undefined && { audience }),
      ...(!isCompact && authentication && { authentication }),
      ...(confirmation && { confirmation }),
    });
    return { ...issued, scope: granted.join(' ') };
  }

  async issueToClient({ audience, confirmation, ...rest }: TokenRequest): Promise<IssuedServerToken> {
    const issued = await this.issuer.issueToClient({
      ...rest,
      ...(audience !== undefined && { audience }),
      ...(confirmation && { confirmation }),
    });
    return { ...issued, scope: rest.scopes.join(' ') };
  }

  /** Which scopes a client can be given at an API at most, whoever agrees; undefined for an API that is not known. */
  scopesFor(client: object, resource: string): Readonly<Record<string, string>> | undefined {
    const known = this.scopesAt(resource);
    if (known === undefined) return undefined;
    const within = new Set(scopesWithin(Object.keys(known), grantedTo(client)));
    return Object.fromEntries(Object.entries(known).filter(([scope]) => within.has(scope)));
  }

  /** The APIs that a client asks for, which may be several (RFC 8707): this one, where it names none. */
  resourcesIn(asked: unknown): readonly string[] {
    const named = [asked ?? []].flat().filter((resource) => resource !== '');
    return named.length === 0 ? [this.ownResource] : [...new Set(named as string[])];
  }

  /** Which scopes a client can be given at most at each of the APIs that it asks for: that is what people agree to. */
  scopesAsked(client: object, asked: unknown): readonly Readonly<Record<string, string>>[] {
    return this.resourcesIn(asked).map((resource) => this.scopesFor(client, resource) ?? {});
  }

  /** Which scopes there are at an API, in words for people; undefined for one that is not known. */
  scopesAt(resource: string): Readonly<Record<string, string>> | undefined {
    return resource === this.ownResource ? this.settings.scopes : this.settings.resources[resource]?.scopes;
  }

  /** The APIs that are others than this one. */
  get otherResources(): readonly string[] {
    return Object.keys(this.settings.resources);
  }

  /** Whether APIs that are asked for were granted, and come to one that the token is for: of several it is this one. */
  isOneTarget(wanted: unknown, granted: ReadonlySet<unknown>): boolean {
    const all = [wanted ?? []].flat();
    const hasOne = !Array.isArray(wanted) || all.length === 0 || all.includes(this.ownResource);
    return hasOne && all.every((resource) => granted.has(resource));
  }

  /** Whether a client is an API that tokens are for. */
  isResource(clientId: string, audience: string | undefined): boolean {
    const { introspectedBy, resources } = this.settings;
    if (audience === undefined) return false;
    const ids = audience === this.ownResource ? introspectedBy : resources[audience]?.introspectedBy;
    return ids?.includes(clientId) === true;
  }

  /** Whether a client is any of the APIs that tokens are for. */
  isAnyResource(clientId: string): boolean {
    return [this.ownResource, ...this.otherResources].some((resource) => this.isResource(clientId, resource));
  }

  /** Those of some scopes that lie within all of the limits. */
  within(scopes: readonly string[], ...limits: readonly (readonly string[])[]): readonly string[] {
    return limits.reduce((rest, limit) => scopesWithin(rest, limit), scopes);
  }

  /** How long a token of a client for an API works, in seconds. */
  lifetimeOf(client: object | undefined, resource: string | undefined): number {
    const { access_token_seconds: seconds } = (client ?? {}) as { readonly access_token_seconds?: unknown };
    return typeof seconds === 'number' ? seconds : this.lifetimeAt(resource);
  }

  /** How long a token for an API works, in seconds, where neither client nor API say. */
  lifetimeAt(resource: string | undefined): number {
    const own = this.tokens.tokens?.issuer?.lifetimeSeconds ?? 0;
    return (
      (resource === undefined ? undefined : this.settings.resources[resource]?.accessTokenSeconds) ?? own
    );
  }
}

function demandResource(audience: string | undefined): string {
  if (audience !== undefined && isResource(audience)) return audience;
  throw new PortcullisConfigurationError([
    'tokens: audience must be an absolute URI without a fragment, such as https://api.example.com: clients of the authorization server name this API by it (RFC 8707)',
  ]);
}

/** What was written down for a client, with wildcards. */
export function grantedTo(client: object): readonly string[] {
  const { granted_scopes: scopes } = client as { readonly granted_scopes?: unknown };
  return Array.isArray(scopes) ? (scopes as string[]) : [];
}
