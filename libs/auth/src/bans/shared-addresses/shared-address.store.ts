import { defineStore } from '../../options/store-definition.js';

/** That somebody known was served at a network. It does not say who. */
export interface SharedAddress {
  /** The network in canonical form, and what tells those who were there apart. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly seenAt: number;
}

/** Which are wanted. */
export interface SharedAddressQuery {
  /** Only those seen at this time or later (milliseconds since the epoch). */
  readonly since: number;
  /** Only those that come after this one in the order: the last of the page before. */
  readonly after?: SharedAddress;
  /** How many at most. */
  readonly limit: number;
}

/**
 * Where it is kept that known people were served at an address, so that it has more strikes after a restart too. It is written beside the
 * requests and read at boot; what is lost of it, or comes late, is only leniency.
 */
export interface SharedAddressStore {
  /** Of two with one id the one that was seen later stays. */
  save(seen: readonly SharedAddress[]): Promise<void>;
  /** Those seen last first, and those of one millisecond by their ids downwards, code unit by code unit. */
  list(query: SharedAddressQuery): Promise<readonly SharedAddress[]>;
  /**
   * Forgets what was seen before a time (milliseconds since the epoch), and of the rest what was seen longest ago, until there are no more
   * than `max`. Of very many it may forget a part, and the rest when called again.
   */
  prune(before: number, max: number): Promise<void>;
}

export const SHARED_ADDRESS_STORE = defineStore<SharedAddressStore>('sharedAddresses', {
  methods: { save: true, list: true, prune: true },
  probe: (store) => store.list({ since: 0, limit: 1 }),
});
