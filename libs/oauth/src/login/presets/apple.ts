import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose/jwt/sign';
import type { OpenIdProvider } from '../login-provider.js';

const ISSUER = 'https://appleid.apple.com';
/** Apple takes half a year; it is made for each login. */
const SECRET_SECONDS = 300;

export interface AppleOptions
  extends Pick<OpenIdProvider, 'clientId' | 'linkByEmail' | 'createUsers' | 'parameters'> {
  /** Ten characters, as Apple shows them. */
  readonly teamId: string;
  readonly keyId: string;
  /** The file `AuthKey_….p8` as Apple gives it out, in PEM. */
  readonly privateKey: string;
}

/**
 * Apple. The client secret is a JWT that is signed for each login, and the answer is posted by Apple's page. Names come with the first
 * login only, in a form that nobody has signed: they are left alone.
 *
 * @throws Error when the key can't be read
 * @see https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret
 * @see https://developer.apple.com/documentation/signinwithapple/configuring-your-webpage-for-sign-in-with-apple
 */
export function apple({ teamId, keyId, privateKey, clientId, ...given }: AppleOptions): OpenIdProvider {
  const key = createPrivateKey(privateKey);
  return {
    ...given,
    issuer: ISSUER,
    clientId,
    clientSecret: () => clientSecret({ teamId, keyId, clientId, key }),
    clientAuthentication: 'client_secret_post',
    scopes: ['openid', 'email'],
    algorithms: ['RS256'],
    responseMode: 'form_post',
    // It may be a text there.
    claimsOf: (claims) => ({ ...claims, email_verified: String(claims.email_verified) === 'true' }),
  };
}

interface SecretParts {
  readonly teamId: string;
  readonly keyId: string;
  readonly clientId: string;
  readonly key: KeyObject;
}

function clientSecret({ teamId, keyId, clientId, key }: SecretParts): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: keyId })
    .setIssuer(teamId)
    .setSubject(clientId)
    .setAudience(ISSUER)
    .setIssuedAt()
    .setExpirationTime(`${SECRET_SECONDS}s`)
    .sign(key);
}
