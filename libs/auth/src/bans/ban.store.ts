import { defineStore } from '../options/store-definition.js';
import type { Listed } from '../page-cursor.js';
import type { OpenTransaction } from '../replication/change-feed.js';

/** One strike, as it is kept with the ban that it led to. Like an event it never holds a header, a query or a body. */
export interface Strike {
  /** The rule that scored it. */
  readonly rule: string;
  readonly points: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The client's own address in canonical form, where the ban is of a network. */
  readonly address: string;
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  /** Null: the answer was not known yet. */
  readonly status: number | null;
}

/** A decision to refuse an address or network until a time. */
export interface Ban {
  /** The ids that we make are UUIDs. */
  readonly id: string;
  /** CIDR notation in canonical form: `203.0.113.7/32`, `2001:db8::/64`. */
  readonly network: string;
  /** Why, for the operator. Never shown to the banned. */
  readonly reason: string;
  /** The rule that was broken. Null: somebody decided it. */
  readonly rule: string | null;
  /** Who decided it, as far as it is known. Null: unknown, or a rule. */
  readonly actor: string | null;
  /** How many bans of this network in a row this is, from 1. Each lasts longer than the one before. */
  readonly offence: number;
  /** It is only reported, and refuses nobody. */
  readonly shadow: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds since the epoch; the ban holds before it. Lifting a ban brings it forward. */
  readonly expiresAt: number;
  /** When it was lifted before its time. Null: it was not. */
  readonly liftedAt: number | null;
  /** Who lifted it. Null: nobody, or somebody unknown. */
  readonly liftedBy: string | null;
}

/** A ban with what led to it. */
export interface BanRecord extends Ban {
  /** The last strikes before it, oldest first. None where somebody decided it. */
  readonly strikes: readonly Strike[];
}

/** Which bans are wanted: those that match everything given. */
export interface BanQuery {
  /** Only those whose `expiresAt` is after this time (milliseconds since the epoch). */
  readonly activeAt?: number;
  /** Only those of exactly one of these networks, in canonical form. */
  readonly networks?: readonly string[];
  readonly rule?: string;
  readonly shadow?: boolean;
  /** Only those that come after this one in the order: the last of the page before. */
  readonly after?: Pick<Ban, 'createdAt' | 'id'>;
  /** How many at most. */
  readonly limit: number;
}

/** Which bans in force are wanted. */
export interface ActiveBanQuery {
  /** Only those whose `expiresAt` is after this time (milliseconds since the epoch). */
  readonly activeAt: number;
  /** Only those that come after this one in the order: the last of the page before. */
  readonly after?: Pick<Ban, 'expiresAt' | 'id'>;
  /** How many at most. */
  readonly limit: number;
}

/**
 * Where bans are kept. Bans are answered from memory on a request, so the store is read at boot and
 * written when something changes; when it is down, changes fail and existing bans go on.
 */
export interface BanStore {
  /** Keeps bans, all of them or none. One with the same id is replaced. */
  save(bans: readonly BanRecord[]): Promise<void>;
  /** A ban by its id, over or not. */
  findById(id: string): Promise<BanRecord | undefined>;
  /** The newest ban of exactly this network, over or not, as a list has it first; shadows and others are two histories. */
  findLatest(network: string, shadow: boolean): Promise<Ban | undefined>;
  /**
   * The wanted bans, newest first, and those of one millisecond by their ids downwards, code unit by code unit. Where ids are not of
   * printable ASCII, a store may order them in its own way, always the same. Where it would have to look through very many, it may stop
   * before it has as many as are wanted, and says where.
   */
  list(query: BanQuery): Promise<Listed<Ban, Pick<Ban, 'createdAt' | 'id'>>>;
  /** The bans in force, shadows too: those that end last first, and those of one millisecond by their ids downwards, as in lists. */
  findActive(query: ActiveBanQuery): Promise<readonly Ban[]>;
  /**
   * Ends a ban at a time (milliseconds since the epoch): that becomes its `expiresAt` and its `liftedAt`.
   *
   * @param transaction which it takes effect with, where a change feed in the same database has begun one; any other store ignores it
   * @returns the ended ban, to exactly one of concurrent calls for one id; undefined where it was over at that
   * time, or was lifted before, whatever the time
   */
  lift(id: string, at: number, by: string | null, transaction?: OpenTransaction): Promise<Ban | undefined>;
  /**
   * Forgets every ban of exactly this network, over or not.
   *
   * @param transaction as in {@link lift}
   */
  forget(network: string, transaction?: OpenTransaction): Promise<void>;
  /** Forgets bans with `expiresAt` at or before the given time (milliseconds since the epoch); of very many a part, and the rest when called again. */
  forgetExpiredBefore(time: number): Promise<void>;
  /** Of the bans that a rule decided, forgets those that end first, until there are no more than `max`; of very many a part. */
  trim(max: number): Promise<void>;
  /**
   * Forgets bans by their ids, over or not: all of them or none. It is given a thousand at most.
   *
   * @param transaction as in {@link lift}
   * @returns how many bans this call forgot
   */
  forgetByIds(ids: readonly string[], transaction?: OpenTransaction): Promise<number>;
}

export const BAN_STORE = defineStore<BanStore>('bans', {
  methods: {
    save: true,
    findById: true,
    findLatest: true,
    list: true,
    findActive: true,
    lift: true,
    forget: true,
    forgetExpiredBefore: true,
    trim: true,
    forgetByIds: true,
  },
  probe: (store) => store.findById('health'),
});
