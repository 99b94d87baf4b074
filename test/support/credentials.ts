import { generateKeyPairSync } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { ApiKeyService, type PortcullisOptions, TokenIssuer } from '@portcullis/auth';

/** An app that issues its own tokens, as most tests need it. */
export const ownTokens = {
  audience: 'https://api.example',
  issuer: { url: 'http://localhost:3000' },
} as const satisfies PortcullisOptions['tokens'];

/** A key that several instances may share by their configuration. */
export const signingKey = {
  ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
  alg: 'EdDSA' as const,
};

/** What ends every Bearer challenge of such an app: where clients learn how to get a token (RFC 9728 section 5.1). */
export const ownMetadata = 'resource_metadata="http://localhost:3000/.well-known/oauth-protected-resource"';

/** For tests that provoke refusal after refusal from one address. */
export const noStrikes = { rules: [] } as const satisfies PortcullisOptions['bans'];

/** One point for what guards and routers refuse most often, so that a test can count. */
export const eachRefusal = {
  rules: [{ id: 'refusals', match: { status: [401, 403, 404] }, score: 1, windowSeconds: 3_600 }],
} as const satisfies PortcullisOptions['bans'];

/** Request headers with a fresh token of the app's own. */
export async function userWith(app: INestApplication, scopes: string[] = [], subject = 'ada') {
  const { accessToken } = await app.get(TokenIssuer).issue({ subject, clientId: 'web', scopes });
  return { authorization: `Bearer ${accessToken}` };
}

/** Request headers with a fresh API key of the app's own. */
export async function appWith(app: INestApplication, scopes: string[] = [], appId = 'depot') {
  const { key } = await app
    .get(ApiKeyService)
    .create({ appId, name: appId, scopes, lifetimeSeconds: 'never' });
  return { 'x-api-key': key };
}
