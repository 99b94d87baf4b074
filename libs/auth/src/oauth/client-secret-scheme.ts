import { Injectable } from '@nestjs/common';
import type { CredentialScheme, FoundCredential } from '../credentials/credential-scheme.js';
import { type Lasting, STANDING } from '../credentials/standing-proofs.js';
import { INVALID_REQUEST, PortcullisError } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import { OAuthClientLeaks } from './oauth-client-leaks.js';
import { OAuthClientSecrets } from './oauth-client-secrets.js';

/** The scheme's kind. */
export const CLIENT_SECRET_KIND = 'client-secret';

/** Secrets of clients, which open the authorization server alone: here they are only found where they must not be, in URLs. */
@Injectable()
export class ClientSecretScheme implements CredentialScheme<string>, Lasting {
  readonly kind = CLIENT_SECRET_KIND;
  readonly proves = 'app';
  readonly headers: readonly string[] = [];
  readonly unusable = 'a secret of a client proves nobody';

  constructor(
    private readonly secrets: OAuthClientSecrets,
    private readonly leaks: OAuthClientLeaks,
  ) {}

  present(): undefined {}

  [STANDING](): undefined {}

  prove(): Identity {
    throw new PortcullisError(INVALID_REQUEST, this.unusable);
  }

  challenge(): undefined {}

  nameOf(secret: string): Promise<string | undefined> {
    return this.leaks.nameOf(secret);
  }

  findIn(text: string): FoundCredential<string> | undefined {
    const secret = this.secrets.findIn(text);
    return secret === undefined ? undefined : { presented: secret, called: 'a secret of a client' };
  }
}
