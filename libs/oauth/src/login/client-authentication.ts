import { createPrivateKey, type KeyObject } from 'node:crypto';
import { importPKCS8 } from 'jose/key/import';
import type * as OpenIdClient from 'openid-client';
import type { ClientKey, LoginProvider } from './login-provider.js';

type Client = Pick<LoginProvider, 'clientSecret' | 'clientKey' | 'clientAuthentication'>;

const LEAST_RSA_BITS = 2_048;

/**
 * How this app shows another issuer that it is its client.
 *
 * @param supported what the issuer says that it takes. Where it says nothing it takes secrets in the header (OpenID Connect Discovery section 3)
 */
export async function clientAuthentication(
  library: typeof OpenIdClient,
  { clientSecret, clientKey, clientAuthentication: way }: Client,
  supported: unknown,
): Promise<OpenIdClient.ClientAuth> {
  if (clientKey !== undefined) return library.PrivateKeyJwt(await signingKey(clientKey));
  if (clientSecret === undefined) return library.None();
  const secret = typeof clientSecret === 'function' ? await clientSecret() : clientSecret;
  const takesPost = Array.isArray(supported) && supported.includes('client_secret_post');
  const isPosted = way === undefined ? takesPost : way === 'client_secret_post';
  return isPosted ? library.ClientSecretPost(secret) : library.ClientSecretBasic(secret);
}

/** Whether it is the PEM of a private key that a client may sign with. */
export function isClientKey(privateKey: unknown): boolean {
  if (typeof privateKey !== 'string') return false;
  try {
    return algorithmOf(createPrivateKey(privateKey)) !== undefined;
  } catch {
    return false;
  }
}

/** One for each kind of key, so that nobody has to say it. */
function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): string | undefined {
  const { namedCurve, modulusLength = 0 } = asymmetricKeyDetails;
  if (asymmetricKeyType === 'ed25519') return 'Ed25519';
  if (asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') return 'ES256';
  if (asymmetricKeyType === 'rsa' && modulusLength >= LEAST_RSA_BITS) return 'RS256';
  return undefined;
}

/** Whatever PEM the key came in: tools write EC and RSA keys in ones of their own, too. */
async function signingKey({ privateKey, keyId }: ClientKey): Promise<OpenIdClient.PrivateKey> {
  const key = createPrivateKey(privateKey);
  const pkcs8 = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    key: await importPKCS8(pkcs8, algorithmOf(key) as string),
    ...(keyId !== undefined && { kid: keyId }),
  };
}
