import type { JWK } from 'jose';
import { PortcullisConfigurationError } from '../errors.js';
import type { Sealer } from '../sealing/sealer.js';
import { newPrivateJwk, type RingKey, ringKeyOf } from './signing-key.js';
import type { SigningKeyStore, StoredSigningKey } from './signing-key.store.js';

/** What is in a sealed key: its row in the store can't be changed without it, but for being removed. */
export interface SealedKey {
  readonly jwk: JWK;
  /** Milliseconds since the epoch. */
  readonly signsFrom: number;
}

/** The signing keys in a store, sealed there and ready for use here. */
export class StoredSigningKeys {
  constructor(
    private readonly store: SigningKeyStore,
    private readonly sealer: Sealer<SealedKey>,
  ) {}

  /**
   * @param known what was loaded before; it is not made anew
   * @throws PortcullisConfigurationError when a key can't be opened: a new one in its place would hide a wrong configuration
   */
  async load(known: readonly RingKey[]): Promise<readonly RingKey[]> {
    const stored = await this.store.list();
    return Promise.all(stored.map((key) => known.find(({ kid }) => kid === key.kid) ?? this.#open(key)));
  }

  /**
   * Makes a key.
   *
   * @param signsFrom milliseconds since the epoch
   * @param after the newest key that is known
   * @returns whether it was added; otherwise another instance was sooner
   */
  async add(signsFrom: number, after: RingKey | undefined): Promise<boolean> {
    return this.store.add(await this.#make(signsFrom), after?.kid ?? null);
  }

  /** @returns the `kid` of the new key, and those of the keys that are gone */
  async replaceAll(signsFrom: number): Promise<{ readonly kid: string; readonly gone: readonly string[] }> {
    const key = await this.#make(signsFrom);
    return { kid: key.kid, gone: await this.store.replaceAll(key) };
  }

  async remove(keys: readonly RingKey[]): Promise<void> {
    if (keys.length > 0) await this.store.remove(keys.map(({ kid }) => kid));
  }

  async #make(signsFrom: number): Promise<StoredSigningKey> {
    const jwk = newPrivateJwk();
    return { kid: ringKeyOf(jwk, signsFrom).kid, sealed: await this.sealer.seal({ jwk, signsFrom }) };
  }

  async #open({ kid, sealed }: StoredSigningKey): Promise<RingKey> {
    const opened = (await this.sealer.open(sealed))?.content;
    const key = opened && ringKeyOf(opened.jwk, opened.signsFrom);
    // The kid is the key's thumbprint: what was sealed for one key does not pass for another.
    if (key?.kid === kid) return key;
    throw new PortcullisConfigurationError([
      `tokens.issuer.keyEncryptionKeys: none of them opens the signing key ${JSON.stringify(kid)} of stores.signingKeys; name the one that it was sealed with as well`,
    ]);
  }
}
