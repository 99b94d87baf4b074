import { Inject, Injectable } from '@nestjs/common';
import { ApiKeyFormat, findApiKeys } from '../api-keys/api-key-format.js';
import { ApiKeyHasher, sha256Of } from '../api-keys/api-key-hasher.js';
import type { OAuthClientSecret } from './oauth-client.store.js';
import { OAUTH_SETTINGS, type OAuthSettings } from './oauth-settings.js';

/** Between prefix and id of a secret, where an API key has its environment: so whoever looks for leaked keys finds secrets as well. */
const ENVIRONMENT = 'cs';
/** No secret is longer; what comes is not hashed before that is known. */
const LONGEST_SECRET = 1_000;

/** Makes secrets of clients and knows them again, hashed like API keys. */
@Injectable()
export class OAuthClientSecrets {
  readonly #format: ApiKeyFormat;
  readonly #hasher: ApiKeyHasher;

  constructor(@Inject(OAUTH_SETTINGS) private readonly settings: OAuthSettings) {
    this.#format = new ApiKeyFormat(settings.apiKeys.prefix, ENVIRONMENT);
    this.#hasher = new ApiKeyHasher(settings.apiKeys.peppers);
  }

  /** A new one, which works until it is rotated. @returns the secret, and what is kept of it */
  make(): { readonly secret: string; readonly kept: OAuthClientSecret } {
    const { id, key: secret } = this.#format.create();
    return { secret, kept: this.keptOf(id, secret) };
  }

  /** What is kept of a secret that somebody else has made. */
  keptOf(id: string, secret: string): OAuthClientSecret {
    return { id, hash: this.#hasher.hash(secret), createdAt: this.settings.now(), expiresAt: null };
  }

  /** The public name of what looks like a secret of ours; undefined for anything else. */
  idIn(text: string): string | undefined {
    return text.length > LONGEST_SECRET ? undefined : this.#format.parse(text)?.id;
  }

  /** The first text in another that looks like a secret of ours. */
  findIn(text: string): string | undefined {
    const { prefix } = this.settings.apiKeys;
    if (!text.includes(`${prefix}_${ENVIRONMENT}_`)) return undefined;
    for (const { environment, key } of findApiKeys(text, prefix)) if (environment === ENVIRONMENT) return key;
    return undefined;
  }

  /** Those that end when a newer one takes their place, but for what has ended already. @param end milliseconds since the epoch */
  ending(secrets: readonly OAuthClientSecret[], end: number): readonly OAuthClientSecret[] {
    const now = this.settings.now();
    return secrets
      .map((secret) => ({ ...secret, expiresAt: Math.min(secret.expiresAt ?? end, end) }))
      .filter(({ expiresAt }) => expiresAt > now);
  }

  /** Whether a text is one of these secrets, and that works now. It takes as long where there is none. */
  matches(text: string, secrets: readonly OAuthClientSecret[]): boolean {
    if (text.length > LONGEST_SECRET) return false;
    const sha256 = sha256Of(text);
    const now = this.settings.now();
    const hashes = secrets
      .filter(({ expiresAt }) => expiresAt === null || expiresAt > now)
      .map(({ hash }) => hash);
    let matches = false;
    for (const hash of hashes.length > 0 ? hashes : [undefined]) {
      const isThis = this.#hasher.matches(text, sha256, hash);
      matches = matches || isThis;
    }
    return matches;
  }
}
