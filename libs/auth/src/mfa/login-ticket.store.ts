import { defineStore } from '../options/store-definition.js';

/** A login that is not complete: somebody has proven one thing, and has to prove another. Times are milliseconds since the epoch. */
export interface LoginTicketRecord {
  /** A digest of what the client holds. */
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly clientId: string;
  /** `prove` another factor; `enrol` one, where its user has none and has to. */
  readonly purpose: 'prove' | 'enrol';
  /** What the session is begun with when the rest is proven, as JSON. */
  readonly login: string;
  /** The network that has to come back with it. */
  readonly network: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** Answers that were looked at. */
  readonly tries: number;
  readonly usedAt: number | null;
}

/** Where logins wait for another factor. What is kept opens nothing. */
export interface LoginTicketStore {
  /** Fails when its id is taken. Durable when the promise resolves. */
  insert(ticket: LoginTicketRecord): Promise<void>;
  find(id: string): Promise<LoginTicketRecord | undefined>;
  /**
   * Counts a try before it is looked at: of a ticket that is not used, not over, and has had fewer than `most`. Of all that ask at the same
   * time no more begin than may.
   *
   * @returns the ticket as it is now; undefined where nothing was done
   */
  beginTry(id: string, most: number, at: number): Promise<LoginTicketRecord | undefined>;
  /**
   * Uses up a ticket that is not used and not over. Of all that ask at the same time exactly one does it.
   *
   * @returns whether it was this call
   */
  use(id: string, at: number): Promise<boolean>;
  /** Forgets tickets with `expiresAt` at or before the given time (milliseconds since the epoch), used or not. */
  forgetExpiredBefore(time: number): Promise<void>;
}

export const LOGIN_TICKET_STORE = defineStore<LoginTicketStore>('loginTickets', {
  methods: { insert: true, find: true, beginTry: true, use: true, forgetExpiredBefore: true },
  // No ticket has an empty id.
  probe: (store) => store.find(''),
});
