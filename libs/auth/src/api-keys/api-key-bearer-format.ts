import { Injectable } from '@nestjs/common';
import type { MaybePromise } from '../async/maybe-promise.js';
import type { BearerFormat } from '../credentials/bearer-format.js';
import { BEARER_KIND } from '../credentials/bearer-scheme.js';
import { type Lasting, STANDING, type Standing } from '../credentials/standing-proofs.js';
import type { Identity } from '../identity/identity.js';
import type { RequestContext } from '../request/request-context.js';
import { ApiKeyAuthenticator } from './api-key-authenticator.js';
import { ApiKeyVerifier } from './api-key-verifier.js';

/** API keys and personal tokens as bearer tokens: simple clients can send nothing else. */
@Injectable()
export class ApiKeyBearerFormat implements BearerFormat, Lasting {
  readonly kind = 'api-key';
  /** Personal tokens prove users too, but only users who have logged in by something else can make them. */
  readonly proves = 'app';

  constructor(
    private readonly verifier: ApiKeyVerifier,
    private readonly authenticator: ApiKeyAuthenticator,
  ) {}

  recognises(text: string): boolean {
    return this.verifier.format.recognises(text);
  }

  [STANDING](key: string): Standing | undefined {
    return this.authenticator.standing(key);
  }

  prove(key: string, request: RequestContext): MaybePromise<Identity> {
    return this.authenticator.identify(request, key, BEARER_KIND);
  }

  nameOf(key: string): Promise<string | undefined> {
    return this.verifier.nameOf(key);
  }
}
