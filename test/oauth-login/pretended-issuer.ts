import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { listen } from '../support/listen.js';

/** What an ID token has, besides what is right. */
export interface IdTokenChanges {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly alg?: string;
  /** `none`: there is no signature; `hmac`: by the public key as a secret. */
  readonly signedBy?: 'another' | 'none' | 'hmac';
  /** Whether there is one at all. */
  readonly isMissing?: boolean;
}

/** An issuer that says whatever a test wants. Each code is the nonce of its login. */
export class PretendedIssuer {
  changes: IdTokenChanges = {};
  metadata: Readonly<Record<string, unknown>> = {};
  readonly #server: Awaited<ReturnType<typeof listen>>;
  readonly #key: CryptoKey;
  readonly #another: CryptoKey;

  private constructor(server: Awaited<ReturnType<typeof listen>>, key: CryptoKey, another: CryptoKey) {
    this.#server = server;
    this.#key = key;
    this.#another = another;
  }

  static async start(): Promise<PretendedIssuer> {
    const [{ privateKey: key }, { privateKey: another }] = await Promise.all([
      generateKeyPair('ES256', { extractable: true }),
      generateKeyPair('ES256', { extractable: true }),
    ]);
    const server = await listen(async (request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(await issuer.#answer(request)));
    });
    const issuer = new PretendedIssuer(server, key, another);
    return issuer;
  }

  get issuer(): string {
    return this.#server.url;
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  async #answer(request: IncomingMessage): Promise<object> {
    const { issuer } = this;
    if (request.url === '/jwks') {
      const { d: _, ...jwk } = await exportJWK(this.#key);
      return { keys: [{ ...jwk, alg: 'ES256', use: 'sig' }] };
    }
    if (request.url === '/token') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const code = new URLSearchParams(Buffer.concat(chunks).toString()).get('code') ?? '';
      const { isMissing = false } = this.changes;
      const idToken = isMissing ? {} : { id_token: await this.#idToken(code) };
      return { access_token: 'an access token', token_type: 'Bearer', expires_in: 60, ...idToken };
    }
    return {
      ...{ issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token` },
      ...{ jwks_uri: `${issuer}/jwks`, response_types_supported: ['code'] },
      ...{ id_token_signing_alg_values_supported: ['ES256', 'HS256', 'none'] },
      ...this.metadata,
    };
  }

  async #idToken(nonce: string): Promise<string> {
    const { claims = {}, signedBy } = this.changes;
    const now = Math.floor(Date.now() / 1000);
    const all: Record<string, unknown> = {
      ...{ iss: this.issuer, aud: 'parcels', sub: 'alice', iat: now, exp: now + 60, nonce },
      at_hash: createHash('sha256').update('an access token').digest().subarray(0, 16).toString('base64url'),
      ...claims,
    };
    const payload = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    if (signedBy === 'none') return `${part({ alg: 'none' })}.${part(payload)}.`;
    if (signedBy === 'hmac') {
      const signed = `${part({ alg: 'HS256' })}.${part(payload)}`;
      const secret = JSON.stringify(await exportJWK(this.#key));
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    }
    const key = signedBy === 'another' ? this.#another : this.#key;
    return new SignJWT(payload).setProtectedHeader({ alg: 'ES256' }).sign(key);
  }
}
