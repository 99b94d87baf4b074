import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { printable, textOf } from '../printable.js';
import { type TreeEntry, walk } from './file-tree.js';
import { KeySearch } from './key-search.js';
import type { ScanReport } from './scan-report.js';

const CHUNK_BYTES = 256 * 1024;

/** Searches a file, or all files of a folder, and their names. */
export class FileSearch {
  readonly #report: ScanReport;
  readonly #prefix: string | undefined;
  readonly #unreadable = (path: Buffer, error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    this.#report.trouble(`${printable(textOf(path))} can't be read (${code ?? 'no reason given'})`);
  };

  constructor(report: ScanReport, prefix: string | undefined) {
    this.#report = report;
    this.#prefix = prefix;
  }

  /** @param path as the caller gave it; if it is a symbolic link, this one is followed */
  async search(path: string): Promise<void> {
    const stats = await stat(path);
    if (stats.isDirectory()) {
      for await (const entry of walk(path, this.#unreadable)) await this.#searchEntry(entry);
    } else if (stats.isFile()) {
      await this.#searchEntry({ path: Buffer.from(path), name: Buffer.from(basename(path)), isFile: true });
    } else this.#report.trouble(`${printable(path)} is neither a file nor a folder`);
  }

  async #searchEntry({ path, name, isFile }: TreeEntry): Promise<void> {
    const place = printable(textOf(path));
    for (const { key } of new KeySearch(this.#prefix).take(name)) this.#report.found(place, key);
    if (!isFile) return;
    try {
      await this.#searchContent(path, place);
      this.#report.fileSearched();
    } catch (error) {
      this.#unreadable(path, error);
    }
  }

  async #searchContent(path: Buffer, place: string): Promise<void> {
    const search = new KeySearch(this.#prefix);
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      for (const { key, line } of search.take(chunk)) this.#report.found(`${place}:${line}`, key);
    }
  }
}
