import { Injectable } from '@nestjs/common';
import type { BearerFormat } from '../credentials/bearer-format.js';
import { BEARER_KIND } from '../credentials/bearer-scheme.js';
import { INVALID_TOKEN } from '../credentials/credential-refusals.js';
import type { FoundCredential } from '../credentials/credential-scheme.js';
import { PortcullisError } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import { RefreshTokenCodec } from './refresh-token-codec.js';

/** Refresh tokens where access tokens belong: they prove nobody there. Those that lie about are found. */
@Injectable()
export class RefreshTokenBearerFormat implements BearerFormat {
  readonly kind = 'refresh-token';
  readonly proves = 'app';
  readonly unusable = 'a refresh token proves nobody';

  constructor(private readonly codec: RefreshTokenCodec) {}

  recognises(text: string): boolean {
    return this.codec.recognises(text);
  }

  prove(): Identity {
    throw new PortcullisError(INVALID_TOKEN, 'a refresh token is no access token', {
      challenge: [BEARER_KIND],
    });
  }

  async nameOf(text: string): Promise<string | undefined> {
    return this.codec.read(text)?.sessionId;
  }

  findIn(text: string): FoundCredential<string> | undefined {
    const token = this.codec.findIn(text);
    return token === undefined ? undefined : { presented: token, called: 'a refresh token' };
  }
}
