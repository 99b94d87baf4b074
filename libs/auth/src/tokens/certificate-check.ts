import type { RequestContext } from '../request/request-context.js';

/** Injects the {@link CertificateCheck}. */
export const CERTIFICATE_CHECK = Symbol('portcullis.certificate-check');

/** Proves that the client of a request holds a certificate, which a bearer token may be bound to (RFC 8705). */
export interface CertificateCheck {
  /**
   * @param thumbprint SHA-256 of the certificate, in base64url
   * @throws PortcullisError `invalid_token` when it is not shown that the client has just this one
   */
  demand(thumbprint: string, request: RequestContext): void;
}
