import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { JSONWebKeySet, JWK } from 'jose';
import { PortcullisConfigurationError } from '../errors.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import { isStrong, KeySet, type KeySource } from './key-set.js';
import type { OwnIssuerOptions } from './token.options.js';
import { ASYMMETRIC_ALGORITHMS, type AsymmetricAlgorithm, VerificationKey } from './verification-key.js';

/** A private key, with what a token's header says of it. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: AsymmetricAlgorithm;
  readonly privateKey: KeyObject;
}

interface RingKey extends SigningKey {
  readonly publicJwk: JWK;
  readonly verification: VerificationKey;
  /** Milliseconds since the epoch; before it the key is only published. */
  readonly signsFrom: number;
}

/**
 * The keys that this app signs its own tokens with. The next key is published before it signs, and the last one until no
 * token that it signed is left. Time moves the ring on whenever it is used; no timer runs.
 */
@Injectable()
export class KeyRing implements KeySource {
  readonly #own: OwnIssuerOptions | undefined;
  /** The oldest first. */
  #keys: RingKey[] = [];
  #set = new KeySet([]);

  /** @throws PortcullisConfigurationError when the configured key can't sign tokens */
  constructor(@Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions) {
    this.#own = options.tokens?.issuer;
    if (this.#own !== undefined) this.#add(options.now());
  }

  /** The key for new tokens; undefined when this app is no issuer. */
  get signingKey(): SigningKey | undefined {
    const now = this.#moveOn();
    // A clock that was set back is no reason to issue nothing.
    return this.#keys.findLast(({ signsFrom }) => signsFrom <= now) ?? this.#keys[0];
  }

  /** The public keys, as a JWK Set (RFC 7517 section 5). Empty when this app is no issuer. */
  get published(): JSONWebKeySet {
    this.#moveOn();
    return { keys: this.#keys.map(({ publicJwk }) => publicJwk) };
  }

  /** The algorithms of the keys in the ring. */
  get algorithms(): readonly AsymmetricAlgorithm[] {
    return this.#keys.map(({ alg }) => alg);
  }

  find(algorithm: AsymmetricAlgorithm, kid: string | undefined): readonly VerificationKey[] {
    this.#moveOn();
    return this.#set.find(algorithm, kid);
  }

  has(keyId: string): boolean {
    this.#moveOn();
    return this.#set.has(keyId);
  }

  /**
   * Publishes the next key, which signs after `publishAheadSeconds`. While one is waiting to sign, it stays that one.
   *
   * @returns the `kid` of the next key
   * @throws Error when the key is configured, so that the configuration has to change
   */
  rotate(): string {
    this.#refuseIfConfigured();
    const now = this.#moveOn();
    const newest = this.#keys.at(-1);
    if (newest !== undefined && newest.signsFrom > now) return newest.kid;
    return this.#add(now + this.#publishAheadMs).kid;
  }

  /**
   * Forgets every key, for when one has leaked: a new one signs at once, and every token issued so far is refused from now on.
   *
   * @returns the `kid` of the new key
   * @throws Error when the key is configured, so that the configuration has to change
   */
  replace(): string {
    this.#refuseIfConfigured();
    this.#keys = [];
    return this.#add(this.options.now()).kid;
  }

  /** Makes the next key in time and forgets the ones that are done with. Returns the present time. */
  #moveOn(): number {
    const now = this.options.now();
    const newest = this.#keys.at(-1);
    if (newest === undefined || this.#own === undefined) return now;
    const due = newest.signsFrom + this.#own.rotateEverySeconds * 1000;
    if (this.#own.signingKey === undefined && now >= due - this.#publishAheadMs) {
      this.#add(Math.max(due, now + this.#publishAheadMs));
    }
    if (this.#keys.some((_, index) => this.#isDone(index, now))) {
      this.#keys = this.#keys.filter((_, index) => !this.#isDone(index, now));
      this.#set = new KeySet(this.#keys.map(({ verification }) => verification));
    }
    return now;
  }

  /** A key is done with when its successor has signed for as long as the last of its tokens may live. */
  #isDone(index: number, now: number): boolean {
    const successor = this.#keys[index + 1];
    const { maxLifetimeSeconds = 0, clockToleranceSeconds = 0 } = this.options.tokens ?? {};
    return (
      successor !== undefined &&
      successor.signsFrom + (maxLifetimeSeconds + clockToleranceSeconds) * 1000 <= now
    );
  }

  #add(signsFrom: number): RingKey {
    const key = ringKey(this.#own?.signingKey ?? newKey(), signsFrom);
    this.#keys.push(key);
    this.#set = new KeySet(this.#keys.map(({ verification }) => verification));
    return key;
  }

  get #publishAheadMs(): number {
    return (this.#own?.publishAheadSeconds ?? 0) * 1000;
  }

  #refuseIfConfigured(): void {
    if (this.#own === undefined) throw new Error('This app issues no tokens: set the option "tokens.issuer"');
    if (this.#own.signingKey !== undefined)
      throw new Error('The key is the option "tokens.issuer.signingKey": change it there');
  }
}

function newKey(): JWK {
  return { ...(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as JWK), alg: 'EdDSA' };
}

function ringKey(jwk: JWK, signsFrom: number): RingKey {
  const alg = ASYMMETRIC_ALGORITHMS.find((algorithm) => algorithm === jwk.alg);
  if (alg === undefined) throw unfit(`"alg" must be one of ${ASYMMETRIC_ALGORITHMS.join(', ')}`);
  try {
    const privateKey = createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' });
    const publicKey = createPublicKey(privateKey);
    if (!isStrong(publicKey)) throw new TypeError('too weak');
    const members = publicKey.export({ format: 'jwk' }) as JWK;
    const kid = jwk.kid ?? thumbprintOf(members);
    return {
      kid,
      alg,
      privateKey,
      signsFrom,
      publicJwk: { ...members, kid, alg, use: 'sig' },
      verification: new VerificationKey(alg, kid, publicKey),
    };
  } catch {
    // The cause may quote the key.
    throw unfit(`is not a private key for ${alg} as a JWK`);
  }
}

/** RFC 7638: the members that make the key, in the order of their names. Node exports just these. */
function thumbprintOf(publicJwk: JWK): string {
  const members = Object.fromEntries(
    Object.entries(publicJwk).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}

function unfit(problem: string): PortcullisConfigurationError {
  return new PortcullisConfigurationError([`tokens.issuer.signingKey: ${problem}`]);
}
