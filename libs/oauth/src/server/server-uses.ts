import { Injectable } from '@nestjs/common';
import { DpopProofs, UsedProofs } from '@portcullis/auth/internal';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { ServerRequests } from './server-requests.js';

/** For how long the provider accepts a proof, before and after its `iat`, in seconds. */
const PROOF_SECONDS = 300;

/** What the provider has checked, and may count once. */
export interface OnceOnly {
  /** Whoever has made it, by their own word. */
  readonly issuer: string;
  /** `jti`. */
  readonly id: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * What is used once at the server: assertions of clients, and proofs of DPoP, which count once at all of its endpoints and at the routes of
 * the app together.
 */
@Injectable()
export class ServerUses {
  constructor(
    private readonly used: UsedProofs,
    private readonly proofs: DpopProofs,
    private readonly requests: ServerRequests,
  ) {}

  /** @throws PortcullisError `temporarily_unavailable` where nobody can say */
  isFirst(context: KoaContextWithOIDC | undefined, { issuer, id, expiresAt }: OnceOnly): Promise<boolean> {
    if (context !== undefined && !isOfAssertion(context))
      return this.proofs.isFirstUse(this.requests.contextOf(context.req), PROOF_SECONDS);
    const seconds = expiresAt - Date.now() / 1000;
    return this.used.isFirstUse(JSON.stringify(['oauth', issuer, id]), seconds);
  }
}

/** The provider says of neither which of the two it is. It looks at who the client is before it looks at anything else. */
function isOfAssertion({ oidc, state }: KoaContextWithOIDC): boolean {
  const isFirst = oidc.body?.client_assertion !== undefined && state.isAssertionUsed !== true;
  state.isAssertionUsed = true;
  return isFirst;
}
