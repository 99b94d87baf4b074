import type * as OpenIdClient from 'openid-client';
import type { LoginProvider } from './login-provider.js';

interface ClientSecret {
  readonly secret: string | undefined;
  /** As it is configured. */
  readonly way: LoginProvider['clientAuthentication'];
  /** What the issuer says that it takes. Where it says nothing it takes it in the header (OpenID Connect Discovery section 3). */
  readonly supported?: unknown;
}

/** How this app shows another issuer that it is its client. */
export function clientAuthentication(
  library: typeof OpenIdClient,
  { secret, way, supported }: ClientSecret,
): OpenIdClient.ClientAuth {
  if (secret === undefined) return library.None();
  const takesPost = Array.isArray(supported) && supported.includes('client_secret_post');
  const isPosted = way === undefined ? takesPost : way === 'client_secret_post';
  return isPosted ? library.ClientSecretPost(secret) : library.ClientSecretBasic(secret);
}
