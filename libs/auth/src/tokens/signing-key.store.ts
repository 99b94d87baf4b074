import { defineStore } from '../options/store-definition.js';
/** A key for signing as a store has it. */
export interface StoredSigningKey {
  /** `kid`, which no other key has or will have. */
  readonly kid: string;
  /** The private key, encrypted; what is in it the store does not know. */
  readonly sealed: string;
}

/**
 * Where the keys are kept that this app signs its tokens with, so that they outlive a restart and are the same on all instances.
 * They are used from memory: the store is read at boot and when something changes. When it is down no key is added or
 * replaced, and those that are known go on signing and verifying.
 */
export interface SigningKeyStore {
  /** All keys, in the order in which they were added. */
  list(): Promise<readonly StoredSigningKey[]>;
  /**
   * Adds a key, if the newest one is still the one that the caller knows. Of concurrent additions behind the same key exactly one
   * succeeds. It is durable when the promise resolves.
   *
   * @param after the `kid` of the newest key; null when there is none
   * @returns whether it was added
   */
  add(key: StoredSigningKey, after: string | null): Promise<boolean>;
  /** Forgets keys; those that are not there don't matter. */
  remove(kids: readonly string[]): Promise<void>;
  /**
   * Forgets every key and keeps this one, in one step: nobody sees the store without a key. It is durable when the promise resolves.
   *
   * @returns the `kid`s of the keys that this call has forgotten
   */
  replaceAll(key: StoredSigningKey): Promise<readonly string[]>;
}

export const SIGNING_KEY_STORE = defineStore<SigningKeyStore>('signingKeys', {
  methods: {
    list: true,
    add: true,
    remove: true,
    replaceAll: true,
  },
  probe: (store) => store.list(),
});
