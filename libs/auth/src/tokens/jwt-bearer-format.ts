import { Inject, Injectable } from '@nestjs/common';
import type { MaybePromise } from '../async/maybe-promise.js';
import type { BearerFormat } from '../credentials/bearer-format.js';
import type { Identity } from '../identity/identity.js';
import { resourceMetadataUrl } from './protected-resource.js';
import { TOKEN_SETTINGS, type TokenSettings } from './token-settings.js';
import { TokenVerifier } from './token-verifier.js';

/** Access tokens that are JWTs: of users, and of clients that act for themselves. */
@Injectable()
export class JwtBearerFormat implements BearerFormat {
  readonly kind = 'jwt';
  readonly proves = 'user';
  readonly unusable: string | undefined;
  readonly challengeParameters: Readonly<Record<string, string>>;

  constructor(
    @Inject(TOKEN_SETTINGS) { tokens }: TokenSettings,
    private readonly verifier: TokenVerifier,
  ) {
    this.unusable = tokens === undefined ? 'no issuer is trusted: set the option "tokens"' : undefined;
    const metadata = tokens && resourceMetadataUrl(tokens);
    this.challengeParameters = metadata === undefined ? {} : { resource_metadata: metadata };
  }

  /** Asked last: what nobody else recognises is read as a JWT, and refused as a bad one. */
  recognises(): boolean {
    return true;
  }

  prove(token: string): MaybePromise<Identity> {
    const verified = this.verifier.verify(token);
    return verified instanceof Promise ? verified.then(({ identity }) => identity) : verified.identity;
  }

  async nameOf(token: string): Promise<string | undefined> {
    return (await this.verifier.verify(token)).facts.tokenId;
  }
}
