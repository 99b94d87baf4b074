import { defineEvent } from '../events/event-definition.js';

/**
 * How a proven token was used in bad faith: from a banned address, after its revocation, or with its signature under an
 * algorithm that its issuer doesn't use.
 */
export type TokenMisuse = 'banned-address' | 'revoked-token' | 'algorithm-attack';

declare module '../events/security-event.js' {
  interface SecurityEventTypes {
    'token.misused': {
      readonly misuse: TokenMisuse;
      readonly issuer: string;
      readonly tokenId: string;
      readonly subject: string;
      /** What was revoked for it. */
      readonly revoked: 'token' | 'user' | 'nothing';
    };
  }
}

export const TOKEN_MISUSED = defineEvent('token.misused', {
  audit: 'decision',
  log: {
    level: 'warn',
    line: ({ misuse, tokenId, subject, revoked }) =>
      `Misused (${misuse}): token ${JSON.stringify(tokenId)} of ${JSON.stringify(subject)}; revoked: ${revoked}`,
  },
});
