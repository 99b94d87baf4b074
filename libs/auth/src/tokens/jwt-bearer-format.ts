import { Inject, Injectable } from '@nestjs/common';
import type { MaybePromise } from '../async/maybe-promise.js';
import type { BearerFormat } from '../credentials/bearer-format.js';
import { BEARER_KIND } from '../credentials/bearer-scheme.js';
import { INVALID_TOKEN } from '../credentials/credential-refusals.js';
import { type Lasting, STANDING, type Standing } from '../credentials/standing-proofs.js';
import { PortcullisError } from '../errors.js';
import { attributed } from '../identity/attributed.js';
import type { Identity } from '../identity/identity.js';
import type { VerifiedToken } from '../identity/verified-token.js';
import type { RequestContext } from '../request/request-context.js';
import { CERTIFICATE_CHECK, type CertificateCheck } from './certificate-check.js';
import { resourceMetadataUrl } from './protected-resource.js';
import { holderOf } from './token-holder.js';
import { DPOP_KIND } from './token-kinds.js';
import { TOKEN_SETTINGS, type TokenSettings } from './token-settings.js';
import { TokenVerifier } from './token-verifier.js';

/** Access tokens that are JWTs: of users, and of clients that act for themselves. */
@Injectable()
export class JwtBearerFormat implements BearerFormat, Lasting {
  readonly kind = 'jwt';
  readonly proves = 'user';
  readonly unusable: string | undefined;
  readonly challengeParameters: Readonly<Record<string, string>>;

  constructor(
    @Inject(TOKEN_SETTINGS) { tokens }: TokenSettings,
    private readonly verifier: TokenVerifier,
    @Inject(CERTIFICATE_CHECK) private readonly certificates: CertificateCheck,
  ) {
    this.unusable = tokens === undefined ? 'no issuer is trusted: set the option "tokens"' : undefined;
    const metadata = tokens && resourceMetadataUrl(tokens);
    this.challengeParameters = metadata === undefined ? {} : { resource_metadata: metadata };
  }

  /** Asked last: what nobody else recognises is read as a JWT, and refused as a bad one. */
  recognises(): boolean {
    return true;
  }

  prove(token: string, request: RequestContext): MaybePromise<Identity> {
    const verified = this.verifier.verify(token);
    return verified instanceof Promise
      ? verified.then((later) => this.#asBearer(later, request))
      : this.#asBearer(verified, request);
  }

  /** What a token is bound to has to be shown by each request. */
  [STANDING](token: string): Standing | undefined {
    const known = this.verifier.recall(token);
    if (known === undefined || known.identity.confirmation !== undefined) return undefined;
    return { holds: () => this.verifier.stillProves(known) };
  }

  /** Whether it was proven before or not: what a token is bound to is proven for each request. */
  #asBearer({ identity }: VerifiedToken, request: RequestContext): MaybePromise<Identity> {
    const { confirmation } = identity;
    if (confirmation === undefined) return identity;
    return attributed(holderOf(identity), () => {
      if ('jkt' in confirmation) throw sentWithoutProof();
      this.certificates.demand(confirmation['x5t#S256'], request);
      return identity;
    });
  }

  async nameOf(token: string): Promise<string | undefined> {
    return (await this.verifier.verify(token)).facts.tokenId;
  }
}

/** RFC 9449 section 7.2: whoever has copied it sends it like that. */
function sentWithoutProof(): PortcullisError {
  return new PortcullisError(INVALID_TOKEN, 'a token that is bound to a key was sent as a bearer token', {
    challenge: [BEARER_KIND, DPOP_KIND],
  });
}
