import { defineStore } from '../options/store-definition.js';

/** Whose factors they are. */
export interface FactorOwner {
  /** `iss` of the user's tokens: this app's own issuer. */
  readonly issuer: string;
  /** `sub`. */
  readonly subject: string;
}

/** One way in which a user proves themselves besides the password. Times are milliseconds since the epoch. */
export interface FactorRecord extends FactorOwner {
  /** Not secret. */
  readonly id: string;
  /** `totp`, `recovery-codes`, `passkey`. */
  readonly kind: string;
  /** What its user calls it. */
  readonly name: string | null;
  readonly createdAt: number;
  /** Null until its user has shown that they can use it: until then it proves nothing, and is demanded of nobody. */
  readonly confirmedAt: number | null;
  readonly lastUsedAt: number | null;
  /** By what it is found besides its id, such as the id of a passkey's credential: one of a kind has it. */
  readonly handle: string | null;
  /** What its kind knows of it, as JSON. What is secret in it is encrypted. */
  readonly data: string;
  /** What was used last: the time step of a TOTP code, the signature counter of a passkey; -1 where nothing was. */
  readonly position: number;
}

/** Tries of a kind of factor by one user, however they are made. */
export interface FactorTries extends FactorOwner {
  readonly kind: string;
}

/** How tries slow down further ones, until one succeeds and they are forgotten. */
export interface TryLimits {
  /** So many begin without a delay, however many are made at once. */
  readonly free: number;
  /** How long after the last of them the next one may begin, in milliseconds; twice as long after each further one. */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

/** Factors that a user may have, confirmed or not: far more than anybody needs, few enough to be read at every login. */
export const MOST_FACTORS = 100;

/** Where second factors are kept. Of what proves somebody there are hashes, and what its kind has encrypted. */
export interface FactorStore {
  /**
   * Keeps a new factor. Fails when its id is taken, or its handle within its kind, or when its user has {@link MOST_FACTORS} already.
   * Durable when the promise resolves.
   */
  insert(factor: FactorRecord): Promise<void>;
  find(id: string): Promise<FactorRecord | undefined>;
  /** Confirmed or not. */
  findByHandle(kind: string, handle: string): Promise<FactorRecord | undefined>;
  /** All of a user, confirmed or not, oldest first, those of one millisecond by rising ids. */
  list(owner: FactorOwner): Promise<readonly FactorRecord[]>;
  /**
   * Confirms a factor that is not confirmed, and notes what was used for it, and that it was used. Of all that ask at the same time exactly one does it.
   *
   * @returns whether it was this call
   */
  confirm(id: string, position: number, at: number): Promise<boolean>;
  /**
   * Uses a confirmed factor with a position that is higher than the last one: a time step counts once, and none before it. Of all that
   * ask with one position at the same time, on whatever instance, exactly one does it.
   *
   * @returns whether it was this call
   */
  useStep(id: string, step: number, at: number): Promise<boolean>;
  /** As {@link useStep}, but a counter that is 0 and was never higher counts always: its device has none. */
  useCounter(id: string, counter: number, at: number): Promise<boolean>;
  /** Keeps codes that work once each, by their hashes, in place of all that the factor had. Fails where there is no such factor. */
  replaceCodes(id: string, codeHashes: readonly string[]): Promise<void>;
  /**
   * Uses up a code of a confirmed factor. Of all that ask with it at the same time exactly one does it.
   *
   * @returns whether it was this call
   */
  useCode(id: string, codeHash: string, at: number): Promise<boolean>;
  /** How many codes a factor has left. */
  countCodes(id: string): Promise<number>;
  /**
   * Counts a try before it is looked at, unless its user has to wait. Of all that ask at the same time no more begin than may.
   *
   * @returns 0 where it may be looked at, or else for how many milliseconds its user has to wait
   */
  beginTry(tries: FactorTries, limits: TryLimits, at: number): Promise<number>;
  /** Forgets the failures: somebody has proven themselves. */
  forgetTries(tries: FactorTries): Promise<void>;
  /**
   * Keeps other data of a factor, where it has those that the caller knows.
   *
   * @returns whether it was this call
   */
  replaceData(id: string, before: string, data: string): Promise<boolean>;
  /** Factors of all users, confirmed or not, by rising ids. @param after the last one of the page before */
  listAll(after: string | undefined, limit: number): Promise<readonly FactorRecord[]>;
  /** Changes what people call it. @returns whether it is there */
  rename(id: string, name: string | null): Promise<boolean>;
  /**
   * Removes a factor with its codes. One that is not confirmed is never the last.
   *
   * @param keepOneOf the kinds of which its user has to keep a confirmed one: the last of them is not removed, also when two are at once
   * @returns whether it was this call
   */
  remove(id: string, keepOneOf: readonly string[]): Promise<boolean>;
  /** Forgets factors that were never confirmed, and were made at or before the given time (milliseconds since the epoch). */
  forgetUnconfirmedBefore(time: number): Promise<void>;
}

export const FACTOR_STORE = defineStore<FactorStore>('factors', {
  methods: {
    insert: true,
    find: true,
    findByHandle: true,
    list: true,
    confirm: true,
    useStep: true,
    useCounter: true,
    replaceCodes: true,
    useCode: true,
    countCodes: true,
    beginTry: true,
    forgetTries: true,
    replaceData: true,
    listAll: true,
    rename: true,
    remove: true,
    forgetUnconfirmedBefore: true,
  },
  // No factor has an empty id.
  probe: (store) => store.find(''),
});
