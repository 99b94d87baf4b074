import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { RequestContext } from '@portcullis/auth';
import { ClientCertificates } from '@portcullis/auth/internal';

/** What is known of a request that the provider has in its hands. */
@Injectable()
export class ServerRequests {
  constructor(private readonly certificates: ClientCertificates) {}

  /**
   * The certificate that the client holds, as base64 of its DER; undefined where it has none.
   *
   * @throws PortcullisError `invalid_token` where it can not be said which one, or it is not valid now
   */
  certificateIn(request: IncomingMessage): string | undefined {
    const context = RequestContext.of(request as never);
    return context && this.certificates.rawIn(context)?.toString('base64');
  }

  contextOf(request: IncomingMessage): RequestContext {
    const context = RequestContext.of(request as never);
    if (context === undefined) throw new Error('This is no request that came by the entrance');
    return context;
  }
}
