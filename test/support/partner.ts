import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { ApiKeyService, type NewApiKey } from '@portcullis/auth';
import { ORIGIN } from './bound-calls.js';

/** What a partner calls, by the URL that the partner knows. */
export interface PartnerCall {
  readonly method?: string;
  /** With its query. */
  readonly path: string;
  readonly body?: string | undefined;
}

/** Where a signature is not as it should be. */
export interface SignatureChanges {
  readonly origin?: string;
  readonly apiKey?: string;
  readonly privateKey?: KeyObject;
  readonly label?: string;
  readonly covered?: readonly string[];
  /** Beside those that are sent anyhow, or in their place. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Beside those that there are anyhow, or in their place; undefined for none. */
  readonly parameters?: Readonly<Record<string, string | number | undefined>>;
}

/** A partner with an API key that is bound to a key of their own, who signs by their own means (RFC 9421). */
export class Partner {
  private constructor(
    readonly id: string,
    readonly apiKey: string,
    readonly privateKey: KeyObject,
    readonly thumbprint: string | null,
  ) {}

  static async of(
    app: INestApplication,
    details: Partial<NewApiKey> = {},
    { publicKey, privateKey } = generateKeyPairSync('ed25519'),
  ): Promise<Partner> {
    const jwk = publicKey.export({ format: 'jwk' });
    const whole = { appId: 'depot', name: 'Depot Bern', publicKey: jwk, ...details } as NewApiKey;
    const { id, key, publicKeyThumbprint } = await app.get(ApiKeyService).create(whole);
    return new Partner(id, key, privateKey, publicKeyThumbprint);
  }

  /** The headers of a signed call. */
  headers(
    { method = 'GET', path, body }: PartnerCall,
    changes: SignatureChanges = {},
  ): Record<string, string> {
    const { origin = ORIGIN, apiKey = this.apiKey, privateKey = this.privateKey, label = 'sig' } = changes;
    const hasBody = body !== undefined;
    const fields: Record<string, string> = {
      'x-api-key': apiKey,
      ...(hasBody && { 'content-type': 'application/json', 'content-digest': digestOf(body) }),
      ...changes.fields,
    };
    const usual = ['@method', '@target-uri', 'x-api-key', ...(hasBody ? ['content-digest'] : [])];
    const covered = changes.covered ?? usual;
    const created = Math.floor(Date.now() / 1000);
    const parameters = { created, nonce: randomUUID(), ...changes.parameters };
    const written = Object.entries(parameters)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `;${name}=${typeof value === 'string' ? `"${value}"` : value}`);
    const input = `(${covered.map((name) => `"${name}"`).join(' ')})${written.join('')}`;
    const values: Record<string, string> = { '@method': method, '@target-uri': origin + path, ...fields };
    const lines = covered.map((name) => `"${name}": ${values[name]}\n`);
    const base = Buffer.from(`${lines.join('')}"@signature-params": ${input}`);
    const signature = sign(null, base, privateKey).toString('base64');
    return { ...fields, 'signature-input': `${label}=${input}`, signature: `${label}=:${signature}:` };
  }
}

/** RFC 9530. */
export function digestOf(body: string): string {
  return `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
}
