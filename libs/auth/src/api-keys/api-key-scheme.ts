import { Injectable } from '@nestjs/common';
import type { MaybePromise } from '../async/maybe-promise.js';
import type { Challenge, CredentialScheme, FoundCredential } from '../credentials/credential-scheme.js';
import { type Lasting, STANDING, type Standing } from '../credentials/standing-proofs.js';
import { INVALID_REQUEST, PortcullisError } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import type { RequestContext } from '../request/request-context.js';
import { ApiKeyAuthenticator } from './api-key-authenticator.js';
import { ApiKeyVerifier } from './api-key-verifier.js';

/** What API keys are called by clients that send them in the URL. */
const KEY_PARAMETERS = ['api_key', 'apikey', 'api-key'];

/** The scheme's kind. */
export const API_KEY_KIND = 'api-key';

/** An API key in its header. */
@Injectable()
export class ApiKeyScheme implements CredentialScheme<string>, Lasting {
  readonly kind = API_KEY_KIND;
  readonly proves = 'app';
  readonly headers: readonly string[];
  /** The header that carries the key, as it is configured. */
  readonly header: string;
  readonly howToSend: string;
  readonly #header: string;
  readonly #challenge: Challenge;

  constructor(
    private readonly verifier: ApiKeyVerifier,
    private readonly authenticator: ApiKeyAuthenticator,
  ) {
    this.header = verifier.header;
    this.howToSend = `an API key in the header ${this.header}`;
    this.#header = this.header.toLowerCase();
    this.headers = [this.#header];
    this.#challenge = { scheme: 'ApiKey', parameters: { header: this.header } };
  }

  present(request: RequestContext): string | undefined {
    if (request.hasInQuery(this.#header, ...KEY_PARAMETERS)) {
      throw new PortcullisError(INVALID_REQUEST, 'an API key was sent in the URL', {
        challenge: [API_KEY_KIND],
      });
    }
    return request.header(this.#header);
  }

  [STANDING](key: string): Standing | undefined {
    return this.authenticator.standing(key);
  }

  prove(key: string, request: RequestContext): MaybePromise<Identity> {
    return this.authenticator.identify(request, key, API_KEY_KIND);
  }

  challenge(): Challenge {
    return this.#challenge;
  }

  nameOf(key: string): Promise<string | undefined> {
    return this.verifier.nameOf(key);
  }

  findIn(text: string): FoundCredential<string> | undefined {
    const found = this.verifier.format.findIn(text);
    return found && { presented: found.key, called: 'an API key' };
  }
}
