import { Injectable } from '@nestjs/common';
import { type Confirmation, PortcullisError, TokenIssuer } from '@portcullis/auth';
import {
  DpopNonces,
  DpopProofs,
  INVALID_DPOP_PROOF,
  PublicOrigins,
  USE_DPOP_NONCE,
} from '@portcullis/auth/internal';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { ProviderLibrary } from './provider-library.js';
import { basePathOf } from './server-paths.js';
import { ServerRequests } from './server-requests.js';

type Errors = ProviderLibrary['errors'];

/** DPoP at the server: what the app demands of a proof, the server demands as well, and says it in errors of the provider's. */
@Injectable()
export class ServerProofs {
  readonly #origins: PublicOrigins;

  constructor(
    { url }: TokenIssuer,
    private readonly proofs: DpopProofs,
    private readonly nonces: DpopNonces,
    private readonly requests: ServerRequests,
  ) {
    this.#origins = new PublicOrigins([{ url, path: basePathOf(url) }]);
  }

  /** To be called for each proof that the provider checks: it would take one for five minutes before and after it was made. */
  demandFresh(context: KoaContextWithOIDC, errors: Errors): void {
    try {
      this.proofs.demandFresh(this.requests.contextOf(context.req));
    } catch (error) {
      throw this.#asProviderError(error, context, errors);
    }
  }

  /** The key whose proof came with a request that the provider has no part in; the proof is used up. */
  async provenKey(context: KoaContextWithOIDC, errors: Errors): Promise<Confirmation | undefined> {
    try {
      const jkt = await this.proofs.thumbprintIn(this.requests.contextOf(context.req), this.#origins);
      return jkt === undefined ? undefined : { jkt };
    } catch (error) {
      throw this.#asProviderError(error, context, errors);
    }
  }

  #asProviderError(error: unknown, context: KoaContextWithOIDC, errors: Errors): unknown {
    if (!(error instanceof PortcullisError)) return error;
    if (error.code === INVALID_DPOP_PROOF.code) return new errors.InvalidDpopProof(error.reason);
    if (error.code !== USE_DPOP_NONCE.code) return error;
    context.set('DPoP-Nonce', this.nonces.current);
    return new errors.UseDpopNonce(error.reason);
  }
}
