import { pipeline } from 'node:stream/promises';
import { printable, textOf } from '../printable.js';
import { startGit } from './git.js';
import { BATCH, type GitObject, type GitObjectReader, readObjects } from './git-objects.js';
import { type GitRepository, pathInCommit } from './git-repository.js';
import { type KeyInText, KeySearch } from './key-search.js';
import type { ScanReport } from './scan-report.js';

/** Each commit comes before the objects that no commit before it has. What a partial clone lacks begins with `?`. */
const LIST = ['rev-list', '--objects', '--in-commit-order', '--missing=print', '--all', '--reflog'];
const SHORT_ID_LENGTH = 12;

/**
 * Searches every object that a ref, a reflog or the stash leads to, each once: contents of files, their names, and commits
 * and tags with their messages. A key is reported once for each path at which it ever stood.
 *
 * @throws {GitError} when git can't read all of it
 */
export async function searchHistory(
  repository: GitRepository,
  report: ScanReport,
  prefix: string | undefined,
): Promise<void> {
  const list = startGit(repository.folder, LIST);
  const objects = startGit(repository.folder, ['cat-file', '--buffer', BATCH]);
  list.stdin.end();
  // When one of the two fails, it says itself why.
  const fed = pipeline(list.stdout, objects.stdin).catch(() => {});
  const reader = new HistoryReader(repository, report, prefix);
  await readObjects(objects.stdout, reader);
  await fed;
  // When the one that is fed fails, the one that feeds it fails too, with less to say.
  await objects.succeeded();
  await list.succeeded();
  reader.finish();
}

class HistoryReader implements GitObjectReader {
  readonly #repository: GitRepository;
  readonly #report: ScanReport;
  readonly #prefix: string | undefined;
  readonly #reported = new Set<string>();
  #missing = 0;
  /** The one that the objects after it are in. */
  #commit: string | undefined;
  #object: GitObject | undefined;
  #search = new KeySearch();
  #found: KeyInText[] = [];

  constructor(repository: GitRepository, report: ScanReport, prefix: string | undefined) {
    this.#repository = repository;
    this.#report = report;
    this.#prefix = prefix;
  }

  begin(object: GitObject): void {
    this.#object = object;
    this.#search = new KeySearch(this.#prefix);
    this.#found = [];
    if (object.type === 'commit') this.#commit = object.id;
    if (object.type === 'missing') this.#missing++;
    else this.#report.objectSearched();
  }

  take(content: Buffer): void {
    for (const found of this.#search.take(content)) {
      const once = `${found.key.text} ${this.#pathOrId()}`;
      if (!this.#reported.has(once)) this.#found.push(found);
      this.#reported.add(once);
    }
  }

  async end(): Promise<void> {
    if (this.#object === undefined || this.#found.length === 0) return;
    const place = await this.#placeOf(this.#object);
    const hasLines = this.#object.type !== 'tree';
    for (const { key, line } of this.#found) this.#report.found(hasLines ? `${place}:${line}` : place, key);
  }

  finish(): void {
    if (this.#missing === 0) return;
    const folder = printable(this.#repository.folder);
    this.#report.trouble(`${folder} is a partial clone: ${this.#missing} objects of its history are missing`);
  }

  #pathOrId(): string {
    const { type, rest, id } = this.#object as GitObject;
    return type === 'blob' || type === 'tree' ? `at ${rest}` : id;
  }

  /** A commit that has the object, and where; the object's own id if it is not in a commit. */
  async #placeOf({ id, type, rest }: GitObject): Promise<string> {
    if (type === 'commit' || type === 'tag') return `${short(id)} (${type})`;
    const isRoot = type === 'tree' && rest === '';
    const commit = this.#commit;
    const found =
      isRoot || commit === undefined ? undefined : await pathInCommit(this.#repository, commit, id, rest);
    const path = textOf(Buffer.from(found ?? rest, 'latin1'));
    const holder = commit !== undefined && (isRoot || found !== undefined) ? commit : id;
    if (type === 'tree') return `${short(holder)} ${printable(isRoot ? './' : `${path}/`)}`;
    return `${short(holder)} ${path === '' ? '(blob)' : printable(path)}`;
  }
}

function short(id: string): string {
  return id.slice(0, SHORT_ID_LENGTH);
}
