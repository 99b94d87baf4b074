import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type OAuthClient, type OAuthClientKey, OAuthClients, type RequestContext } from '@portcullis/auth';
import type { ClientMetadata, KoaContextWithOIDC } from 'oidc-provider';
import { ClientDocuments } from './client-documents.js';
import { ClientKeys } from './client-keys.js';
import { DEVICE_CODE, OWN_SCOPES, TOKEN_EXCHANGE } from './server-metadata.js';
import { ServerRequests } from './server-requests.js';

/** What each kind of client may do at the token endpoint. */
const GRANTS: Readonly<Record<OAuthClient['kind'], readonly string[]>> = {
  web: ['authorization_code', 'refresh_token'],
  browser: ['authorization_code', 'refresh_token'],
  native: ['authorization_code', 'refresh_token'],
  device: [DEVICE_CODE, 'refresh_token'],
  machine: ['client_credentials'],
};

/** The provider wants one; what is compared is our digest. */
const NO_SECRET = randomBytes(32).toString('base64url');

/** The clients of the server, as the provider knows them (RFC 7591 section 2). */
@Injectable()
export class ServerClients {
  constructor(
    private readonly clients: OAuthClients,
    private readonly documents: ClientDocuments,
    private readonly requests: ServerRequests,
    private readonly keys: ClientKeys,
  ) {}

  /**
   * @param address of whoever asks, where somebody does
   * @returns undefined where there is none of that name, or it is disabled
   * @throws PortcullisError `temporarily_unavailable`
   */
  async find(clientId: string, address?: RequestContext['address']): Promise<OAuthClient | undefined> {
    if (!this.documents.isClientId(clientId)) return this.clients.findEnabled(clientId);
    // Who is shut out makes us fetch nothing, either.
    const isShutOut = (await this.clients.find(clientId)) !== undefined;
    return isShutOut ? undefined : this.documents.find(clientId, address);
  }

  /** Whether a user is named like a client, so that nobody could tell their tokens apart. */
  async isNamed(subject: string): Promise<boolean> {
    return this.documents.isClientId(subject) || (await this.clients.findEnabled(subject)) !== undefined;
  }

  matchesSecret(clientId: string, secret: string): Promise<boolean> {
    return this.clients.matchesSecret(clientId, secret);
  }

  /**
   * What holds for this request: a client that comes with a certificate gets tokens for it.
   *
   * @param context of the request; undefined outside of one
   */
  async metadataOf(
    clientId: string,
    context: KoaContextWithOIDC | undefined,
  ): Promise<ClientMetadata | undefined> {
    const address = context && this.requests.contextOf(context.req).address;
    const client = await this.find(clientId, address);
    if (client === undefined) return undefined;
    const hasCertificate = context !== undefined && this.#isByCertificate(context);
    return {
      client_id: clientId,
      client_name: client.name,
      application_type: client.kind === 'native' ? 'native' : 'web',
      grant_types: [...GRANTS[client.kind], ...(client.mayExchange ? [TOKEN_EXCHANGE] : [])],
      response_types: GRANTS[client.kind].includes('authorization_code') ? ['code'] : [],
      redirect_uris: [...client.redirectUris],
      post_logout_redirect_uris: [...client.postLogoutRedirectUris],
      ...authenticationOf(client, await this.#keysOf(client, context)),
      ...(client.backchannelLogoutUri !== null && {
        backchannel_logout_uri: client.backchannelLogoutUri,
        backchannel_logout_session_required: true,
      }),
      tls_client_certificate_bound_access_tokens: hasCertificate,
      dpop_bound_access_tokens: client.binding === 'demand' && !hasCertificate,
      consent: client.consent,
      describes_itself: client.isRegistered,
      compact_tokens: client.claims === 'compact',
      granted_scopes: [...OWN_SCOPES, ...client.scopes],
      ...(client.accessTokenSeconds !== null && { access_token_seconds: client.accessTokenSeconds }),
    } as ClientMetadata;
  }

  /** Asked for with an assertion alone, so that nobody waits for the client's server who only wants its name. */
  async #keysOf({ jwks, jwksUri }: OAuthClient, context: KoaContextWithOIDC | undefined) {
    const assertion = context?.oidc.body?.client_assertion;
    if (jwksUri === null || typeof assertion !== 'string') return jwks;
    return { keys: await this.keys.of(jwksUri, assertion) };
  }

  #isByCertificate(context: KoaContextWithOIDC): boolean {
    return context.get('dpop') === '' && this.requests.certificateIn(context.req) !== undefined;
  }
}

/** Clients send a secret as they like: in the header, or in the form. */
function authenticationOf(
  { authentication, jwksUri }: OAuthClient,
  keys: { readonly keys: readonly OAuthClientKey[] } | null,
): Partial<ClientMetadata> {
  switch (authentication) {
    case 'none':
      return { token_endpoint_auth_method: 'none' };
    case 'secret':
      return { token_endpoint_auth_method: 'client_secret_basic', client_secret: NO_SECRET };
    case 'private-key-jwt':
      return {
        token_endpoint_auth_method: 'private_key_jwt',
        ...(keys === null ? { jwks_uri: jwksUri as string } : { jwks: keys as never }),
      };
  }
}
