import { Injectable } from '@nestjs/common';
import type { Confirmation } from '../identity/confirmation.js';
import { RequestContext } from '../request/request-context.js';
import type { FrameworkRequest } from '../request/request-head.js';
import { ClientCertificates } from './client-certificates.js';
import { DpopProofs } from './dpop-proofs.js';

/**
 * What a client proves to hold when it logs in, for `TokenIssuer.issue({ confirmation })`. Ask when everything else about the login is
 * right: a proof counts once.
 */
@Injectable()
export class Bindings {
  constructor(
    private readonly proofs: DpopProofs,
    private readonly certificates: ClientCertificates,
  ) {}

  /**
   * The key whose DPoP proof came with a request (RFC 9449 section 5).
   *
   * @param request as the framework hands it out
   * @returns undefined where none came
   * @throws PortcullisError `invalid_dpop_proof` or `use_dpop_nonce`, with status 400; `temporarily_unavailable` when nobody can say whether
   * the proof was used before
   * @throws Error where the request did not come to an app with Portcullis
   */
  async ofProof(request: FrameworkRequest): Promise<Confirmation | undefined> {
    const jkt = await this.proofs.thumbprintIn(contextOf(request));
    return jkt === undefined ? undefined : { jkt };
  }

  /**
   * The client's certificate (RFC 8705 section 3).
   *
   * @param request as the framework hands it out
   * @returns undefined where the client has none
   * @throws PortcullisError `invalid_token` where it can not be said which one, or it is not valid now
   * @throws Error where the request did not come to an app with Portcullis
   */
  ofCertificate(request: FrameworkRequest): Confirmation | undefined {
    const thumbprint = this.certificates.thumbprintIn(contextOf(request));
    return thumbprint === undefined ? undefined : { 'x5t#S256': thumbprint };
  }
}

function contextOf(request: FrameworkRequest): RequestContext {
  const context = RequestContext.of(request);
  if (context === undefined) throw new Error('This is no request that came to an app with Portcullis');
  return context;
}
