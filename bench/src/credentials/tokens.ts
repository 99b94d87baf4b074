import { createPrivateKey, createSecretKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Algorithm } from './algorithms.js';
import { newClaims } from './claims.js';
import type { KeyTexts } from './issuer-keys.js';

/** Signs the tokens that are sent. */
export class TokenMint {
  readonly #keys: Readonly<Record<Algorithm, KeyObject>>;

  constructor(privateKeys: KeyTexts) {
    this.#keys = {
      ES256: createPrivateKey(privateKeys.ES256),
      EdDSA: createPrivateKey(privateKeys.EdDSA),
      RS256: createPrivateKey(privateKeys.RS256),
      HS256: createSecretKey(Buffer.from(privateKeys.HS256)),
    };
  }

  sign(algorithm: Algorithm): Promise<string> {
    return new SignJWT(newClaims())
      .setProtectedHeader({ alg: algorithm, kid: algorithm, typ: 'at+jwt' })
      .sign(this.#keys[algorithm]);
  }

  async signMany(algorithm: Algorithm, count: number): Promise<string[]> {
    const tokens: string[] = [];
    while (tokens.length < count) tokens.push(await this.sign(algorithm));
    return tokens;
  }
}

/** The same token with a signature that is well-formed and wrong. */
export function withBadSignature(token: string): string {
  const start = token.lastIndexOf('.') + 1;
  const place = start + 10;
  const other = token[place] === 'A' ? 'B' : 'A';
  return `${token.slice(0, place)}${other}${token.slice(place + 1)}`;
}
