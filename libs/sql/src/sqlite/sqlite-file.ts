import { closeSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '../store-error.js';
import { codeOf } from './sqlite-error.js';

/** Makes a database file that is missing, with its folder, for this user alone. SQLite gives its companions the same rights. */
export function makeFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    // Never opens a file that is there: to close it would end the locks that this process has on it.
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/**
 * The file that connections have open, the log of its newest changes (`-wal`), and where in it they are (`-shm`). Where another one is
 * moved to the place of one of them, or it is removed, they go on with what nobody else sees any more, and what was answered would be lost.
 * So it would where the log is emptied by anybody but SQLite, which then goes on behind the hole.
 */
export class OpenedFile {
  readonly #path: string;
  readonly #identities: Map<string, string>;
  /** A descriptor of the log. SQLite has no locks on that, so that to close it ends none. */
  #log: number | undefined;
  #isReplaced = false;

  /** Comes before the first connection, and is asked again when the last one is open. */
  constructor(path: string) {
    this.#path = path;
    this.#identities = new Map([[path, identityOf(path)]]);
  }

  /** Comes once a connection has the log open: before, who closes the file last removes it, and the next one makes another. */
  watchLog(): void {
    for (const path of [`${this.#path}-wal`, `${this.#path}-shm`]) {
      const identity = identityOf(path);
      if (identity !== ABSENT) this.#identities.set(path, identity);
    }
    const log = `${this.#path}-wal`;
    if (!this.#identities.has(log)) return;
    this.#log = openSync(log, 'r');
    // As a power failure may leave it: SQLite takes nothing from it, and begins anew.
    if (isWithoutHead(this.#log)) this.close();
  }

  close(): void {
    if (this.#log !== undefined) closeSync(this.#log);
    this.#log = undefined;
  }

  /**
   * @param work answers only if the file was in its place before and after it
   * @throws StoreError as {@link check} does
   */
  async whileInPlace<T>(work: () => Promise<T>): Promise<T> {
    this.check();
    const result = await work();
    this.check();
    return result;
  }

  /** @throws StoreError once the file is not in its place, and ever after: what the other one got meanwhile is not known here */
  check(): void {
    this.#isReplaced ||= [...this.#identities].some(([path, identity]) => identityOf(path) !== identity);
    this.#isReplaced ||= this.#log !== undefined && isWithoutHead(this.#log);
    if (this.#isReplaced)
      throw new StoreError('the database file was replaced or removed while it was open: restart');
  }
}

/** What a log begins with, but for the last bit, which is the order of bytes in its sums. */
const LOG_MAGIC = 0x377f0682;

/** SQLite empties the log as well, when others close the file, but writes its head before anything else. */
function isWithoutHead(log: number): boolean {
  const head = Buffer.alloc(4);
  return readSync(log, head, 0, 4, 0) === 4 && (head.readUInt32BE() & ~1) !== LOG_MAGIC;
}

const ABSENT = '';

/** Which file a path leads to. As long as it is open, no other one gets the same. */
function identityOf(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? ABSENT : `${found.dev} ${found.ino}`;
}
