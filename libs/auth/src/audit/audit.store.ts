import type { SecurityEventType } from '../events/security-event.js';
import { defineStore } from '../options/store-definition.js';
import type { Listed } from '../page-cursor.js';

/** One event, as it is kept. Names and facts are texts of others: they may hold any character. */
export interface AuditEntry {
  /** Unique. Ours begin with the time, and are in the order in which things happened within a millisecond of one instance. */
  readonly id: string;
  /** Milliseconds since the epoch, by the clock of the instance that saw it. */
  readonly at: number;
  /** `audit.dropped`: entries that are missing here, with their number by type. */
  readonly type: SecurityEventType | 'audit.dropped';
  /** Who changed something. Like the other names it is at most {@link MAX_NAME_LENGTH} long, and null where it isn't known. */
  readonly actor: string | null;
  /** The user whom it is about. */
  readonly subject: string | null;
  /** The app that it is about. */
  readonly appId: string | null;
  /** The API key or personal token that it is about; of a leak, the public name of whatever credential it was. */
  readonly keyId: string | null;
  /** Where it came from, in canonical form; of a ban by a rule, the address or the network that is banned. */
  readonly address: string | null;
  /** The request by which it was done. */
  readonly requestId: string | null;
  /** Everything that the event carries, in what JSON knows. Nothing in it is secret. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** The longest name of an entry, in UTF-16 code units. */
export const MAX_NAME_LENGTH = 250;

/** The names by which entries are found. */
export const AUDIT_NAMES = ['actor', 'subject', 'appId', 'keyId', 'address', 'requestId'] as const;

/** Which entries are wanted: those that match everything given. */
export interface AuditQuery extends Partial<Readonly<Record<(typeof AUDIT_NAMES)[number], string>>> {
  /** Only those of one of these types. */
  readonly types?: readonly AuditEntry['type'][];
  /** Only those at or after this time, in milliseconds since the epoch. */
  readonly since?: number;
  /** Only those before this time, in milliseconds since the epoch. */
  readonly until?: number;
  /** Only those that come after this one in the order: the last of the page before. */
  readonly after?: Pick<AuditEntry, 'at' | 'id'>;
  /** How many at most. */
  readonly limit: number;
}

/**
 * Where the audit log is kept. It is written beside the requests: when it is down or slow, nothing is refused, entries wait in memory,
 * a limited number of them, and are tried again. So a call may come twice, at the same time as others, and from several instances.
 */
export interface AuditStore {
  /**
   * Keeps entries, all of them or none; they are durable when the promise resolves. One whose id is there already stays as it is,
   * so that what may have been written can be tried again.
   */
  append(entries: readonly AuditEntry[]): Promise<void>;
  /**
   * The wanted entries, newest first, and those of one millisecond by their ids downwards, code unit by code unit. Where ids are
   * not of printable ASCII, a store may order them in its own way, always the same. Where it would have to look through very many, it
   * may stop before it has as many as are wanted, and says where.
   */
  list(query: AuditQuery): Promise<Listed<AuditEntry, Pick<AuditEntry, 'at' | 'id'>>>;
  /**
   * Forgets entries from before a time (milliseconds since the epoch), bit by bit: when it fails, some are gone. Several instances may
   * do it at once.
   *
   * @returns how many this call forgot
   */
  prune(before: number): Promise<number>;
}

export const AUDIT_STORE = defineStore<AuditStore>('audit', {
  methods: {
    append: true,
    list: true,
    prune: true,
  },
  probe: (store) => store.list({ limit: 1 }),
});
