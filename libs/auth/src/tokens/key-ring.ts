import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { JSONWebKeySet } from 'jose';
import { newBackoff } from '../async/backoff.js';
import type { MaybePromise } from '../async/maybe-promise.js';
import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { Log, textOf } from '../log.js';
import { atBoot } from '../options/available-store.js';
import type { ChangeOf } from '../replication/change-definition.js';
import type { Replica } from '../replication/replica-follower.js';
import { Replicator } from '../replication/replicator.js';
import { encryptionKeyOf, Sealer } from '../sealing/sealer.js';
import type { KeySource } from './key-set.js';
import { configuredKeyOf, newPrivateJwk, type RingKey, ringKeyOf, type SigningKey } from './signing-key.js';
import { SIGNING_KEYS_CHANGED } from './signing-key-changes.js';
import { SigningKeys } from './signing-keys.js';
import { type SealedKey, StoredSigningKeys } from './stored-signing-keys.js';
import type { OwnIssuerOptions } from './token.options.js';
import { SIGNING_KEYS_REPLACED, SIGNING_KEYS_ROTATED } from './token-events.js';
import { TOKEN_SETTINGS, type TokenSettings } from './token-settings.js';
import type { AsymmetricAlgorithm, VerificationKey } from './verification-key.js';

/** How often the store is asked for keys that are not known, in milliseconds: anybody can name one. */
const ASK_AGAIN_MS = 1_000;
const TRY_NEXT_AGAIN_MS = 30_000;

/**
 * The keys that this app signs its own tokens with. The next key is published before it signs, and the last one until no
 * token that it signed is left. Time moves the ring on whenever it is used; no timer runs.
 */
@Injectable()
export class KeyRing implements KeySource, Replica<'signing-keys'>, OnModuleInit, OnModuleDestroy {
  readonly follows = SIGNING_KEYS_CHANGED;
  readonly #logger = new Log();
  readonly #own: OwnIssuerOptions | undefined;
  readonly #keys: SigningKeys;
  /** Where the keys are made and kept in a store. */
  readonly #stored: StoredSigningKeys | undefined;
  #readying: Promise<void> | undefined;
  #lastLoad = Promise.resolve();
  /** The `kid`s of keys that were replaced, none of which comes back. */
  readonly #gone = new Set<string>();
  /** By the monotonic clock, in milliseconds. */
  #askedAt = Number.NEGATIVE_INFINITY;
  #triedNextAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  /** @throws PortcullisConfigurationError when the configured key can't sign tokens */
  constructor(
    @Inject(TOKEN_SETTINGS) private readonly options: TokenSettings,
    private readonly replicator: Replicator,
    private readonly events: SecurityEvents,
  ) {
    const { tokens, stores } = options;
    this.#own = tokens?.issuer;
    this.#keys = new SigningKeys({
      rotateEvery: (this.#own?.rotateEverySeconds ?? 0) * 1000,
      publishAhead: (this.#own?.publishAheadSeconds ?? 0) * 1000,
      keptFor: ((tokens?.maxLifetimeSeconds ?? 0) + (tokens?.clockToleranceSeconds ?? 0)) * 1000,
    });
    if (this.#own === undefined) return;
    const { signingKey, keyEncryptionKeys = [] } = this.#own;
    if (stores.signingKeys === undefined) {
      this.#keys.replaceBy([
        signingKey === undefined
          ? ringKeyOf(newPrivateJwk(), options.now())
          : configuredKeyOf(signingKey, options.now()),
      ]);
    } else {
      const sealer = new Sealer<SealedKey>(
        keyEncryptionKeys.map((text) => encryptionKeyOf(text) as Uint8Array),
      );
      this.#stored = new StoredSigningKeys(stores.signingKeys, sealer);
    }
  }

  async onModuleInit(): Promise<void> {
    if (this.#stored === undefined) return;
    await this.replicator.follow(this);
    await atBoot(this.ready());
  }

  /**
   * Resolves when there is a key to sign with, if this app is an issuer.
   *
   * @throws Error when the store can't be read
   * @throws PortcullisConfigurationError when a key in it can't be opened
   */
  ready(): Promise<void> {
    if (this.#stored === undefined) return Promise.resolve();
    this.#readying ??= this.#loadFirst(this.#stored).catch((error) => {
      // The next call tries again.
      this.#readying = undefined;
      throw error;
    });
    return this.#readying;
  }

  /** The key for new tokens; undefined when this app is no issuer, or it is not {@link ready}. */
  get signingKey(): SigningKey | undefined {
    return this.#keys.signerAt(this.#moveOn());
  }

  /** All of them, the one that signs first: for what has to sign by itself. Empty when this app is no issuer, or it is not {@link ready}. */
  get signingKeys(): readonly SigningKey[] {
    const signer = this.signingKey;
    if (signer === undefined) return [];
    return [signer, ...this.#keys.all.filter(({ kid }) => kid !== signer.kid)];
  }

  /** The public keys, as a JWK Set (RFC 7517 section 5). Empty when this app is no issuer. */
  get published(): JSONWebKeySet {
    this.#moveOn();
    return { keys: this.#keys.all.map(({ publicJwk }) => publicJwk) };
  }

  /** The algorithms of the keys in the ring. Those that are made are all for one. */
  get algorithms(): readonly AsymmetricAlgorithm[] {
    return this.#stored === undefined ? this.#keys.all.map(({ alg }) => alg) : ['EdDSA'];
  }

  find(algorithm: AsymmetricAlgorithm, kid: string | undefined): MaybePromise<readonly VerificationKey[]> {
    this.#moveOn();
    const found = this.#keys.set.find(algorithm, kid);
    if (found.length > 0 || kid === undefined || this.#stored === undefined) return found;
    if (performance.now() - this.#askedAt < ASK_AGAIN_MS) return found;
    // Another instance may have made it a moment ago.
    return this.#ask(this.#stored, algorithm, kid);
  }

  has(keyId: string): boolean {
    this.#moveOn();
    return this.#keys.set.has(keyId);
  }

  /**
   * Publishes the next key, which signs after `publishAheadSeconds`. While one is waiting to sign, it stays that one.
   *
   * @param who asks for it, for the record
   * @returns the `kid` of the next key
   * @throws Error when the key is configured, so that the configuration has to change, or it can't be kept
   */
  async rotate(who: Actor = {}): Promise<string> {
    this.#refuseIfConfigured();
    await this.ready();
    if (this.#stored !== undefined) {
      await this.#load(this.#stored);
      await this.#stored.remove(this.#keys.doneAt(this.options.now()));
    }
    const now = this.#moveOn();
    const newest = this.#keys.newest as RingKey;
    if (newest.signsFrom > now) return newest.kid;
    const signsFrom = now + (this.#own?.publishAheadSeconds ?? 0) * 1000;
    if (this.#stored === undefined) {
      this.#makeNext(signsFrom);
    } else {
      await this.#stored.add(signsFrom, newest);
      await this.#load(this.#stored);
      await this.replicator.publish(SIGNING_KEYS_CHANGED, { gone: [] });
    }
    const { kid } = this.#keys.newest as RingKey;
    // Asked for at several instances at once, it is made by one of them, and told by each.
    this.events.emit(SIGNING_KEYS_ROTATED, { kid, ...actorOf(who) });
    return kid;
  }

  /**
   * Forgets every key, for when one has leaked: a new one signs at once, and every token issued so far is refused from now on, on all
   * instances.
   *
   * @param who asks for it, for the record
   * @returns the `kid` of the new key
   * @throws Error when the key is configured, so that the configuration has to change, or the new one can't be kept
   * @throws PortcullisError `temporarily_unavailable` when other instances may not know of it yet
   */
  async replace(who: Actor = {}): Promise<string> {
    this.#refuseIfConfigured();
    const now = this.options.now();
    if (this.#stored === undefined) {
      const key = ringKeyOf(newPrivateJwk(), now);
      this.#keys.replaceBy([key]);
      this.events.emit(SIGNING_KEYS_REPLACED, { kid: key.kid, ...actorOf(who) });
      return key.kid;
    }
    const { kid, gone } = await this.#stored.replaceAll(now);
    this.#forget(gone);
    this.events.emit(SIGNING_KEYS_REPLACED, { kid, ...actorOf(who) });
    // The change is published whether or not the new key can be read.
    await Promise.all([this.replicator.publish(SIGNING_KEYS_CHANGED, { gone }), this.#load(this.#stored)]);
    return kid;
  }

  /** What is gone is so at once; what is new is read from the store, as soon as it can be. */
  take({ gone }: ChangeOf<'signing-keys'>): void {
    if (this.#stored === undefined) return;
    this.#forget(gone);
    void this.#loadPatiently(this.#stored);
  }

  async reload(): Promise<void> {
    if (this.#stored !== undefined) await this.#load(this.#stored);
  }

  /** There are never more than a few. */
  recheck(): Promise<void> {
    return this.reload();
  }

  onModuleDestroy(): void {
    this.#isClosed = true;
  }

  /** Makes the next key in time and forgets the ones that are done with. Returns the present time. */
  #moveOn(): number {
    const now = this.options.now();
    const nextFrom = this.#own?.signingKey === undefined ? this.#keys.nextFrom(now) : undefined;
    if (nextFrom !== undefined) this.#makeNext(nextFrom);
    const done = this.#keys.doneAt(now);
    if (done.length > 0) this.#keys.drop(done.map(({ kid }) => kid));
    return now;
  }

  #makeNext(signsFrom: number): void {
    if (this.#stored === undefined) {
      this.#keys.replaceBy([...this.#keys.all, ringKeyOf(newPrivateJwk(), signsFrom)]);
    } else if (performance.now() - this.#triedNextAt >= TRY_NEXT_AGAIN_MS) {
      this.#triedNextAt = performance.now();
      void this.#keepNext(this.#stored, signsFrom);
    }
  }

  /** Beside the requests: there is time until it is to sign, and until then the present one signs. */
  async #keepNext(stored: StoredSigningKeys, signsFrom: number): Promise<void> {
    try {
      await stored.add(signsFrom, this.#keys.newest);
      await this.#load(stored);
      await stored.remove(this.#keys.doneAt(this.options.now()));
      this.#triedNextAt = Number.NEGATIVE_INFINITY;
      await this.replicator.publish(SIGNING_KEYS_CHANGED, { gone: [] });
    } catch (error) {
      this.#logger.error(`The next signing key could not be made, and will be: ${textOf(error)}`);
    }
  }

  async #loadFirst(stored: StoredSigningKeys): Promise<void> {
    await this.#load(stored);
    if (this.#keys.newest !== undefined) return;
    await stored.add(this.options.now(), undefined);
    await this.#load(stored);
  }

  /** One after another, so that what was read first does not come last. */
  #load(stored: StoredSigningKeys): Promise<void> {
    const loading = this.#lastLoad.then(async () => {
      const keys = await stored.load(this.#keys.all);
      // It may have been read before they were replaced.
      this.#keys.replaceBy(keys.filter(({ kid }) => !this.#gone.has(kid)));
    });
    this.#lastLoad = loading.catch(() => {});
    return loading;
  }

  async #loadPatiently(stored: StoredSigningKeys): Promise<void> {
    for (const pauses = newBackoff(); !this.#isClosed; await pauses.next()) {
      try {
        return await this.#load(stored);
      } catch (error) {
        this.#logger.warn(`The signing keys could not be read again, and will be: ${textOf(error)}`);
      }
    }
  }

  async #ask(
    stored: StoredSigningKeys,
    algorithm: AsymmetricAlgorithm,
    kid: string,
  ): Promise<readonly VerificationKey[]> {
    this.#askedAt = performance.now();
    try {
      await this.#load(stored);
    } catch (cause) {
      const reason = `the signing keys could not be read: ${textOf(cause)}`;
      throw new PortcullisError(TEMPORARILY_UNAVAILABLE, reason, { retryAfterSeconds: 1, cause });
    }
    return this.#keys.set.find(algorithm, kid);
  }

  #forget(kids: readonly string[]): void {
    for (const kid of kids) this.#gone.add(kid);
    this.#keys.drop(kids);
  }

  #refuseIfConfigured(): void {
    if (this.#own === undefined) throw new Error('This app issues no tokens: set the option "tokens.issuer"');
    if (this.#own.signingKey !== undefined)
      throw new Error('The key is the option "tokens.issuer.signingKey": change it there');
  }
}
