import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { calculateJwkThumbprint, type JSONWebKeySet, type JWK } from 'jose';
import { PortcullisConfigurationError } from '../errors.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import { TOKEN_ALGORITHMS } from './token.options.js';

/** A private key with what a token's header says of it. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
}

/** The keys that this app signs its own tokens with, and what it publishes of them. */
@Injectable()
export class KeyRing implements OnModuleInit {
  #signingKey: SigningKey | undefined;
  #published: JSONWebKeySet = { keys: [] };

  constructor(@Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions) {}

  /** @throws PortcullisConfigurationError when the configured key can't sign tokens */
  async onModuleInit(): Promise<void> {
    const own = this.options.tokens?.issuer;
    if (own === undefined) return;
    const { alg, kid, privateKey } = own.signingKey ? configuredKey(own.signingKey) : ephemeralKey();
    const publicJwk = createPublicKey(privateKey).export({ format: 'jwk' }) as JWK;
    const keyId = kid ?? (await calculateJwkThumbprint(publicJwk));
    this.#signingKey = { kid: keyId, alg, privateKey };
    this.#published = { keys: [{ ...publicJwk, kid: keyId, alg, use: 'sig' }] };
  }

  /** The key for new tokens; undefined when this app is no issuer. */
  get signingKey(): SigningKey | undefined {
    return this.#signingKey;
  }

  /** The public keys, as a JWK Set (RFC 7517 section 5). Empty when this app is no issuer. */
  get published(): JSONWebKeySet {
    return this.#published;
  }
}

function ephemeralKey(): Pick<SigningKey, 'alg' | 'privateKey'> & { kid?: undefined } {
  return { alg: 'EdDSA', privateKey: generateKeyPairSync('ed25519').privateKey };
}

function configuredKey(jwk: JWK): Pick<SigningKey, 'alg' | 'privateKey'> & { kid: string | undefined } {
  const { alg = '', kid } = jwk;
  if (!(TOKEN_ALGORITHMS as readonly string[]).includes(alg)) {
    throw new PortcullisConfigurationError([
      `tokens.issuer.signingKey: "alg" must be one of ${TOKEN_ALGORITHMS.join(', ')}`,
    ]);
  }
  try {
    return { alg, kid, privateKey: createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' }) };
  } catch {
    // The cause may quote the key.
    throw new PortcullisConfigurationError(['tokens.issuer.signingKey: is not a private key as a JWK']);
  }
}
