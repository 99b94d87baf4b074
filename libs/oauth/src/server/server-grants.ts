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
    if (agreed === undefined) return undefined;
    const grant = await this.#make(provider, { subject, client, agreed });
    return (await this.#stillHolds(subject, client, grant)) ? grant : undefined;
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
    const give = (all: ScopesByResource) => this.consents.give({ subject, clientId, scopes: all, expiresAt });
    await give(merged(before?.scopes ?? {}, scopes));
    const kept = before && (await this.consents.find(subject, clientId));
    // What was withdrawn meanwhile is not to come back with it.
    if (before !== undefined && kept?.createdAt !== before.createdAt) await give(scopes);
    const known = grantId === undefined ? undefined : await provider.Grant.find(grantId);
    const grant = await this.#make(provider, { subject, client, agreed: scopes }, known);
    await this.#stillHolds(subject, client, grant);
    return grant.jti;
  }

  /** What holds at an API for a user and a client, without anybody being asked. */
  async agreedAt(resource: string, subject: string, client: Client): Promise<readonly string[]> {
    const known = Object.keys(this.tokens.scopesAt(resource) ?? {});
    if (client.consent === 'skip') return known;
    return (await this.consents.find(subject, client.clientId))?.scopes[resource] ?? [];
  }

  /** Of a grant that was just made: its consent may have been withdrawn meanwhile, by whoever has not seen the grant. */
  async #stillHolds(subject: string, { clientId }: Client, grant: Grant): Promise<boolean> {
    if ((await this.consents.find(subject, clientId)) !== undefined) return true;
    await this.grants.end({ grantId: grant.jti }, { reason: 'the consent was withdrawn meanwhile' });
    return false;
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

  /** Of the app's own clients nobody is asked; that they act for a user is noted all the same, to be seen and taken back. */
  async #agreedTo(subject: string, client: Client, scope: string): Promise<ScopesByResource | undefined> {
    const { clientId } = client;
    const before = (await this.consents.find(subject, clientId))?.scopes;
    if (client.consent !== 'skip') return before;
    const wanted = this.#split(client, scope);
    if (before === undefined || !isWithin(wanted, before))
      await this.consents.give({ subject, clientId, scopes: merged(before ?? {}, wanted) });
    return wanted;
  }

  /** Scopes by where they can be given to a client. */
  #split(client: Client, scope: string): ScopesByResource {
    const wanted = scope.split(' ');
    const own = new Set<string>(OWN_SCOPES);
    const at = (resource: string) => {
      const known = this.tokens.scopesFor(client, resource) ?? {};
      return [resource, wanted.filter((name) => Object.hasOwn(known, name))];
    };
    return Object.fromEntries([
      [SERVER_ITSELF, wanted.filter((name) => own.has(name))],
      ...[this.tokens.ownResource, ...this.tokens.otherResources].map(at),
    ]);
  }
}

function isWithin(some: ScopesByResource, others: ScopesByResource): boolean {
  return Object.entries(some).every(([resource, scopes]) =>
    scopes.every((scope) => others[resource]?.includes(scope)),
  );
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
