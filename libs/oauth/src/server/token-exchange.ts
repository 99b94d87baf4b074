import { Injectable } from '@nestjs/common';
import type { UserIdentity } from '@portcullis/auth';
import { TokenVerifier } from '@portcullis/auth/internal';
import type { Client, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { ProviderLibrary } from './provider-library.js';
import { ServerAccounts } from './server-accounts.js';
import { ServerGrants } from './server-grants.js';
import { TOKEN_EXCHANGE } from './server-metadata.js';
import { ServerProofs } from './server-proofs.js';
import { grantedTo, ServerTokens } from './server-tokens.js';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
/** How many may have acted one after the other, so that a token does not grow for ever. */
const MOST_ACTORS = 4;

type Actor = Readonly<Record<string, unknown>>;

/**
 * Gives services that were handed a user's token one of their own for it (RFC 8693): for another API, or for less. It says who acts, lives
 * no longer than the one that it came of, and ends with it.
 */
@Injectable()
export class TokenExchange {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly accounts: ServerAccounts,
    private readonly grants: ServerGrants,
    private readonly tokens: ServerTokens,
    private readonly proofs: ServerProofs,
  ) {}

  registerAt(provider: Provider, { errors }: ProviderLibrary): void {
    provider.registerGrantType(TOKEN_EXCHANGE, (context) => this.#answer(context as never, errors), [
      'subject_token',
      'subject_token_type',
      'requested_token_type',
      'actor_token',
      'actor_token_type',
      'resource',
      'audience',
      'scope',
    ]);
  }

  async #answer(context: KoaContextWithOIDC, errors: ProviderLibrary['errors']): Promise<void> {
    const params = (context.oidc.params ?? {}) as Readonly<Record<string, string | undefined>>;
    const client = context.oidc.client as Client;
    refuseUnsupported(params, errors);
    const subject = await this.#subjectOf(params.subject_token, errors);
    const account = await this.accounts.find(subject.subject);
    if (account === undefined) throw new errors.InvalidGrant('subject_token is of a user who is gone');
    const resource = targetOf(params, errors) ?? this.tokens.ownResource;
    const known = this.tokens.scopesAt(resource);
    if (known === undefined) throw new errors.InvalidTarget('there is no such API');
    const scopes = await this.#scopesFor(
      client,
      subject,
      { known: Object.keys(known), wanted: params.scope, resource },
      errors,
    );
    const confirmation = await this.proofs.provenKey(context, errors);
    if (confirmation === undefined && client.dpopBoundAccessTokens === true)
      throw new errors.InvalidRequest('DPoP proof JWT not provided');
    const { claims, expiresAt } = subject;
    const { grant_id, sid, act, acr, amr, auth_time } = claims;
    const name = String(grant_id ?? sid);
    const issued = await this.tokens.issue({
      user: account.user,
      clientId: client.clientId,
      scopes,
      audience: resource,
      confirmation,
      lifetimeSeconds: this.tokens.lifetimeOf(client, resource),
      notAfter: expiresAt,
      grantId: name,
      login: typeof sid === 'string' ? sid : undefined,
      authentication: {
        ...(typeof auth_time === 'number' && { time: auth_time }),
        ...(Array.isArray(amr) && { methods: amr as string[] }),
        ...(typeof acr === 'string' && { context: acr }),
      },
      isCompact: false,
      actor: actorOf(client.clientId, act, errors),
    });
    context.body = {
      access_token: issued.accessToken,
      issued_token_type: ACCESS_TOKEN,
      token_type: confirmation === undefined ? 'Bearer' : 'DPoP',
      expires_in: issued.expiresInSeconds,
      scope: issued.scope,
    };
  }

  /** A token of a login at this app, which would be accepted now. One that is bound is nobody's to hand on. */
  async #subjectOf(text: string | undefined, errors: ProviderLibrary['errors']): Promise<UserIdentity> {
    const refuse = (detail: string) => new errors.InvalidGrant(`subject_token is not accepted: ${detail}`);
    if (text === undefined) throw new errors.InvalidRequest("missing required parameter 'subject_token'");
    const { identity } = await Promise.resolve()
      .then(() => this.verifier.verify(text))
      .catch((error: Error) => {
        throw refuse(error.message);
      });
    if (identity.kind !== 'user') throw refuse('it is of no user');
    if (identity.issuer !== this.tokens.issuerUrl) throw refuse('it is of another issuer');
    if (identity.confirmation !== undefined) throw refuse('it is bound to a key of somebody else');
    const { grant_id, sid } = identity.claims;
    if (grant_id === undefined && sid === undefined) throw refuse('it is of no login that could end it');
    return identity;
  }

  /**
   * At this API never more than the token says. At another one what its user has agreed to for this client, or what was written down for a
   * client of the app's own.
   */
  async #scopesFor(
    client: Client,
    { subject, scopes }: UserIdentity,
    { known, wanted, resource }: { known: readonly string[]; wanted: string | undefined; resource: string },
    errors: ProviderLibrary['errors'],
  ): Promise<readonly string[]> {
    const isOwn = resource === this.tokens.ownResource;
    const limit = isOwn ? scopes : await this.grants.agreedAt(resource, subject, client);
    const allowed = this.tokens.within(known, limit, grantedTo(client));
    const asked = wanted === undefined ? allowed : wanted.split(' ');
    const missing = asked.filter((scope) => !allowed.includes(scope));
    if (missing.length > 0 || asked.length === 0)
      throw new errors.InvalidScope('more was asked for than may be given', missing.join(' '));
    return asked;
  }
}

function refuseUnsupported(
  {
    subject_token_type,
    requested_token_type = ACCESS_TOKEN,
    actor_token,
    actor_token_type,
  }: Readonly<Record<string, string | undefined>>,
  errors: ProviderLibrary['errors'],
): void {
  if (subject_token_type !== ACCESS_TOKEN)
    throw new errors.InvalidRequest('subject_token_type must be an access token');
  if (requested_token_type !== ACCESS_TOKEN)
    throw new errors.InvalidRequest('requested_token_type must be an access token');
  if (actor_token !== undefined || actor_token_type !== undefined)
    throw new errors.InvalidRequest('who acts is the client itself: actor_token is not supported');
}

/** The API that the token is to be for: two names for it are of two APIs, and one of them would get what was asked for the other. */
function targetOf(
  { resource, audience }: Readonly<Record<string, string | undefined>>,
  errors: ProviderLibrary['errors'],
): string | undefined {
  if (resource !== undefined && audience !== undefined && resource !== audience)
    throw new errors.InvalidTarget('resource and audience name two APIs');
  return resource ?? audience;
}

/** Whoever acts now, for whoever has acted before (RFC 8693 section 4.1). */
function actorOf(clientId: string, before: unknown, errors: ProviderLibrary['errors']): Actor {
  let depth = 1;
  for (let actor = before as Actor | undefined; actor !== undefined; actor = actor.act as Actor | undefined)
    depth++;
  if (depth > MOST_ACTORS) throw new errors.InvalidRequest('it was exchanged too often already');
  return { sub: clientId, ...(before !== undefined && { act: before }) };
}
