import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';

/** What a proof is for. */
export interface ProofTarget {
  /** `htm`: the request's method, in capitals. */
  readonly method: string;
  /** `htu`: the URL as the app's clients know it, by one of its `publicOrigins`. Query and fragment are left out. */
  readonly url: string;
  /** The access token that comes with it; none at a login. */
  readonly accessToken?: string;
  /** What the app has sent in `DPoP-Nonce`. */
  readonly nonce?: string;
}

/** What a test wants otherwise than it should be. What is undefined is left out. */
export interface ProofChanges {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
}

type Algorithm = 'ES256' | 'EdDSA';

/**
 * A client's key, which signs DPoP proofs (RFC 9449): those of an honest client, and whatever else a test wants to be refused.
 *
 * ```ts
 * const key = new TestProofKey();
 * const { accessToken } = await issuer.issue({ subject: 'ada', clientId: 'web', confirmation: key.confirmation });
 * await request(app.getHttpServer())
 *   .get('/parcels')
 *   .set(key.headers({ method: 'GET', url: 'https://api.example/parcels', accessToken }))
 *   .expect(200);
 * ```
 */
export class TestProofKey {
  readonly #privateKey: KeyObject;
  /** The public key, as proofs show it. */
  readonly publicJwk: Readonly<Record<string, unknown>>;
  /** What a token is bound to that only this key can use. */
  readonly confirmation: { readonly jkt: string };

  constructor(readonly algorithm: Algorithm = 'ES256') {
    this.#privateKey =
      algorithm === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
        : generateKeyPairSync('ed25519').privateKey;
    const { crv, kty, x, y } = createPublicKey(this.#privateKey).export({ format: 'jwk' });
    this.publicJwk = y === undefined ? { crv, kty, x } : { crv, kty, x, y };
    this.confirmation = { jkt: digest(JSON.stringify(this.publicJwk)) };
  }

  /** A proof that no other request has. */
  proof({ method, url, accessToken, nonce }: ProofTarget, changes: ProofChanges = {}): string {
    const header = { typ: 'dpop+jwt', alg: this.algorithm, jwk: this.publicJwk, ...changes.header };
    const claims = {
      htm: method,
      htu: url.replace(/[?#].*$/, ''),
      jti: randomUUID(),
      iat: Math.floor(Date.now() / 1000),
      ath: accessToken === undefined ? undefined : digest(accessToken),
      nonce,
      ...changes.claims,
    };
    return this.sign(header, claims);
  }

  /** The headers of a call with a bound token. */
  headers(
    target: ProofTarget & { readonly accessToken: string },
    changes?: ProofChanges,
  ): { Authorization: string; DPoP: string } {
    return { Authorization: `DPoP ${target.accessToken}`, DPoP: this.proof(target, changes) };
  }

  /** Signs any header and any payload; a text is taken as it is. */
  sign(header: object | string, payload: object | string): string {
    const input = `${encoded(header)}.${encoded(payload)}`;
    const hash = this.algorithm === 'ES256' ? 'sha256' : null;
    const key = { key: this.#privateKey, dsaEncoding: 'ieee-p1363' as const };
    return `${input}.${sign(hash, Buffer.from(input), key).toString('base64url')}`;
  }
}

function encoded(part: object | string): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
