import { Inject, Injectable } from '@nestjs/common';
import { OAuthConsents, OAuthGrants } from '@portcullis/auth';
import { TOKEN_SETTINGS, type TokenSettings } from '@portcullis/auth/internal';
import type { Client, Grant, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { OWN_SCOPES } from './server-metadata.js';
import { OAUTH_SERVER_SETTINGS, type OAuthServerSettings } from './server-settings.js';
import { ServerTokens } from './server-tokens.js';

/** Under this name consents hold what is asked of the server itself. */
const SERVER_ITSELF = '';

/** What is asked for, by the API that it is for. */
type ScopesByResource = Readonly<Record<string, readonly string[]>>;

/** What users let clients do: what they have agreed to, and what comes of it for one login. */
@Injectable()
export class ServerGrants {
  constructor(
    @Inject(OAUTH_SERVER_SETTINGS) private readonly settings: OAuthServerSettings,
    @Inject(TOKEN_SETTINGS) private readonly clock: TokenSettings,
    private readonly consents: OAuthConsents,
    private readonly grants: OAuthGrants,
    private readonly tokens: ServerTokens,
  ) {}

  /** What holds for a request without anybody being asked: undefined where the user has to be. */
  async existing({ oidc }: KoaContextWithOIDC): Promise<Grant | undefined> {
    const { provider, session, client, result, params } = oidc;
    const subject = session?.accountId;
    if (client === undefined || session === undefined || subject === undefined) return undefined;
    const named = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
    const known = named === undefined ? undefined : await provider.Grant.find(named);
    if (known?.clientId === client.clientId && known.accountId === subject) return known;
    const agreed = await this.#agreedTo(subject, client, String(params?.scope ?? ''));
    return agreed && this.#make(provider, { subject, client, agreed });
  }

  /** What the user has agreed to now, with what was agreed to before at this login. */
  async agree(
    provider: Provider,
    {
      subject,
      client,
      grantId,
      scopes,
    }: { subject: string; client: Client; grantId: string | undefined; scopes: ScopesByResource },
  ): Promise<string> {
    const { clientId } = client;
    const before = await this.consents.find(subject, clientId);
    const expiresAt = this.clock.now() + this.settings.consentSeconds * 1000;
    await this.consents.give({ subject, clientId, scopes: merged(before?.scopes ?? {}, scopes), expiresAt });
    const known = grantId === undefined ? undefined : await provider.Grant.find(grantId);
    const grant = await this.#make(provider, { subject, client, agreed: scopes }, known);
    // It may have been withdrawn meanwhile, by whoever has not seen this grant.
    if ((await this.consents.find(subject, clientId)) === undefined)
      await this.grants.end({ grantId: grant.jti }, { reason: 'the consent was withdrawn meanwhile' });
    return grant.jti;
  }

  /** What holds at an API for a user and a client, without anybody being asked. */
  async agreedAt(resource: string, subject: string, client: Client): Promise<readonly string[]> {
    const known = Object.keys(this.tokens.scopesAt(resource) ?? {});
    if (client.consent === 'skip') return known;
    return (await this.consents.find(subject, client.clientId))?.scopes[resource] ?? [];
  }

  async #make(
    provider: Provider,
    { subject, client, agreed }: { subject: string; client: Client; agreed: ScopesByResource },
    known?: Grant,
  ): Promise<Grant> {
    const grant = known ?? new provider.Grant({ accountId: subject, clientId: client.clientId });
    for (const [resource, scopes] of Object.entries(agreed)) {
      if (scopes.length === 0) continue;
      if (resource === SERVER_ITSELF) grant.addOIDCScope(scopes.join(' '));
      else grant.addResourceScope(resource, scopes.join(' '));
    }
    await grant.save();
    return grant;
  }

  /** Of the app's own clients nobody is asked. */
  async #agreedTo(subject: string, client: Client, scope: string): Promise<ScopesByResource | undefined> {
    if (client.consent === 'skip') return this.#split(scope);
    return (await this.consents.find(subject, client.clientId))?.scopes;
  }

  /** Scopes by where they are known. */
  #split(scope: string): ScopesByResource {
    const wanted = scope.split(' ');
    const own = new Set<string>(OWN_SCOPES);
    const at = (resource: string, known: object) => [
      resource,
      wanted.filter((name) => Object.hasOwn(known, name)),
    ];
    return Object.fromEntries([
      [SERVER_ITSELF, wanted.filter((name) => own.has(name))],
      at(this.tokens.ownResource, this.settings.scopes),
      ...Object.entries(this.settings.resources).map(([resource, { scopes }]) => at(resource, scopes)),
    ]);
  }
}

function merged(before: ScopesByResource, now: ScopesByResource): ScopesByResource {
  const resources = new Set([...Object.keys(before), ...Object.keys(now)]);
  return Object.fromEntries(
    [...resources].map((resource) => [
      resource,
      [...new Set([...(before[resource] ?? []), ...(now[resource] ?? [])])],
    ]),
  );
}
