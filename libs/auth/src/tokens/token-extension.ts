import type { PortcullisExtension } from '../extension.js';
import { BannedTokens } from './banned-tokens.js';
import { JwtBearerFormat } from './jwt-bearer-format.js';
import { KeyRing } from './key-ring.js';
import { SIGNING_KEY_STORE } from './signing-key.store.js';
import { SIGNING_KEYS_CHANGED } from './signing-key-changes.js';
import { TOKEN_OPTIONS } from './token.options.js';
import { SIGNING_KEYS_REPLACED, SIGNING_KEYS_ROTATED, TOKEN_ISSUED } from './token-events.js';
import { TokenIssuer } from './token-issuer.js';
import { INSUFFICIENT_CLAIMS, INSUFFICIENT_USER_AUTHENTICATION } from './token-refusals.js';
import { TokenVerifier } from './token-verifier.js';
import { TrustedIssuers } from './trusted-issuers.js';

export const TOKENS: PortcullisExtension = {
  name: 'tokens',
  options: [TOKEN_OPTIONS],
  stores: [SIGNING_KEY_STORE],
  refusals: [INSUFFICIENT_CLAIMS, INSUFFICIENT_USER_AUTHENTICATION],
  events: [SIGNING_KEYS_REPLACED, SIGNING_KEYS_ROTATED, TOKEN_ISSUED],
  changes: [SIGNING_KEYS_CHANGED],
  bearerFormats: { jwt: JwtBearerFormat },
  providers: [TokenIssuer, KeyRing, TokenVerifier, TrustedIssuers, BannedTokens],
};
