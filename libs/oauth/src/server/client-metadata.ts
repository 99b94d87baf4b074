import { InputError, type NewOAuthClient, type OAuthClient, type OAuthClientKind } from '@portcullis/auth';
import { scopesWithin } from '@portcullis/auth/internal';
import { DEVICE_CODE, OWN_SCOPES } from './server-metadata.js';

/** What a client says of itself, under the names of RFC 7591 section 2. */
export type ClientMetadata = Readonly<Record<string, unknown>>;

/** By what each way to authenticate is known. */
const AUTHENTICATION = {
  none: 'none',
  client_secret_basic: 'secret',
  client_secret_post: 'secret',
  private_key_jwt: 'private-key-jwt',
} as const;

/** What nobody has looked at gets no more than the consent of its users: nothing for itself, and nothing by exchange. */
const GRANTS: Readonly<Record<string, readonly string[]>> = {
  code: ['authorization_code', 'refresh_token'],
  device: [DEVICE_CODE, 'refresh_token'],
};

/** Where the server would have to ask or to tell strangers of their choice. */
const CALLS_OUT = ['jwks_uri', 'backchannel_logout_uri', 'sector_identifier_uri', 'request_uris'];

/**
 * A client as it describes itself, within bounds. What is only for show, such as logos, is left out: nobody has looked at it.
 *
 * @param name what people are to know it by, where it does not say
 * @param allowed which scopes it may have at most, with wildcards; all of them where it names none
 * @throws InputError naming what it can't have; whether the rest makes sense is asked of those who keep it
 */
export function describedClient(
  metadata: ClientMetadata,
  name: string,
  allowed: readonly string[],
): NewOAuthClient {
  const method = textIn(metadata, 'token_endpoint_auth_method') ?? 'client_secret_basic';
  if (!Object.hasOwn(AUTHENTICATION, method))
    throw new InputError(
      `token_endpoint_auth_method must be one of ${Object.keys(AUTHENTICATION).join(', ')}`,
    );
  const authentication = AUTHENTICATION[method as keyof typeof AUTHENTICATION];
  for (const key of CALLS_OUT)
    if (metadata[key] !== undefined)
      throw new InputError(`${key} is not for clients that describe themselves`);
  const isDevice = grantsIn(metadata).includes(DEVICE_CODE);
  const redirectUris = textsIn(metadata, 'redirect_uris') ?? [];
  return {
    name: textIn(metadata, 'client_name') ?? name,
    kind: kindOf(metadata, { isDevice, redirectUris, authentication }),
    authentication,
    redirectUris,
    postLogoutRedirectUris: textsIn(metadata, 'post_logout_redirect_uris') ?? [],
    scopes: scopesIn(metadata, allowed),
    ...(authentication === 'private-key-jwt' && { jwks: (metadata.jwks ?? null) as never }),
    binding: metadata.dpop_bound_access_tokens === true ? 'demand' : 'accept',
    isRegistered: true,
  };
}

/** What is kept of a client, as it is told (RFC 7591 section 3.2.1). */
export function metadataOf(client: OAuthClient): ClientMetadata {
  const isDevice = client.kind === 'device';
  const methods = { secret: 'client_secret_basic', 'private-key-jwt': 'private_key_jwt', none: 'none' };
  return {
    client_id: client.clientId,
    client_id_issued_at: Math.floor(client.createdAt / 1000),
    client_name: client.name,
    application_type: client.kind === 'native' ? 'native' : 'web',
    grant_types: GRANTS[isDevice ? 'device' : 'code'],
    response_types: isDevice ? [] : ['code'],
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris,
    token_endpoint_auth_method: methods[client.authentication],
    scope: [...OWN_SCOPES, ...client.scopes].join(' '),
    ...(client.jwks !== null && { jwks: client.jwks }),
    dpop_bound_access_tokens: client.binding === 'demand',
  };
}

function grantsIn(metadata: ClientMetadata): readonly string[] {
  const grants = textsIn(metadata, 'grant_types') ?? ['authorization_code'];
  const allowed = GRANTS[grants.includes(DEVICE_CODE) ? 'device' : 'code'] as readonly string[];
  const refused = grants.find((grant) => !allowed.includes(grant));
  if (refused !== undefined)
    throw new InputError(`grant_types: ${JSON.stringify(refused)} can not be had here`);
  const wanted = textsIn(metadata, 'response_types') ?? ['code'];
  if (wanted.some((type) => type !== 'code')) throw new InputError('response_types must be code');
  return grants;
}

/** Who says nothing of it and is met on the user's device is an app there. */
function kindOf(
  metadata: ClientMetadata,
  {
    isDevice,
    redirectUris,
    authentication,
  }: {
    readonly isDevice: boolean;
    readonly redirectUris: readonly string[];
    readonly authentication: string;
  },
): OAuthClientKind {
  const type = textIn(metadata, 'application_type');
  if (type !== undefined && type !== 'web' && type !== 'native')
    throw new InputError('application_type must be web or native');
  if (isDevice) return 'device';
  const isOnDevice = redirectUris.length > 0 && redirectUris.every((uri) => !uri.startsWith('https:'));
  if (type === 'native' || (type === undefined && authentication === 'none' && isOnDevice)) return 'native';
  return authentication === 'none' ? 'browser' : 'web';
}

function scopesIn(metadata: ClientMetadata, allowed: readonly string[]): readonly string[] {
  const scope = textIn(metadata, 'scope');
  if (scope === undefined) return allowed;
  const own = new Set<string>(OWN_SCOPES);
  const asked = scope.split(' ').filter((each) => each !== '' && !own.has(each));
  const refused = asked.find((each) => !scopesWithin([each], allowed).includes(each));
  if (refused !== undefined) throw new InputError(`scope: ${JSON.stringify(refused)} can not be had here`);
  return asked;
}

function textIn(metadata: ClientMetadata, name: string): string | undefined {
  const value = metadata[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new InputError(`${name} must be a text`);
  return value;
}

function textsIn(metadata: ClientMetadata, name: string): readonly string[] | undefined {
  const value = metadata[name];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.some((each) => typeof each !== 'string'))
    throw new InputError(`${name} must be a list of texts`);
  return value;
}
