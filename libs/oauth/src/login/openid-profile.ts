import type { UpstreamIdentity, UpstreamProfile } from '@portcullis/auth';
import type { Claims } from './login-provider.js';

/** What the standard claims say of somebody (OpenID Connect Core section 5.1). */
export function profileIn(claims: Claims, identity: UpstreamIdentity, provider: string): UpstreamProfile {
  const { email, email_verified: isVerified, name } = claims;
  return {
    provider,
    ...identity,
    ...(isText(email) && { email }),
    // Nothing but the word itself: `"false"` is true to many.
    isEmailVerified: isText(email) && isVerified === true,
    ...(isText(name) && { name }),
    claims,
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
