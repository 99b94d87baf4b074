import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
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
 */
export class OpenedFile {
  readonly #path: string;
  readonly #identities: Map<string, string>;
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
    if (this.#isReplaced)
      throw new StoreError('the database file was replaced or removed while it was open: restart');
  }
}

const ABSENT = '';

/** Which file a path leads to. As long as it is open, no other one gets the same. */
function identityOf(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? ABSENT : `${found.dev} ${found.ino}`;
}
