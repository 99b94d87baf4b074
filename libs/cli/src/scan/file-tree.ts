import { readdir } from 'node:fs/promises';
import { normalize, sep } from 'node:path';

/** A file or folder below the one that was asked for. */
export interface TreeEntry {
  /** As bytes: names need not be UTF-8. */
  readonly path: Buffer;
  readonly name: Buffer;
  readonly isFile: boolean;
}

type Unreadable = (path: Buffer, error: unknown) => void;

/**
 * All that lies below a folder, in the order of the names. Symbolic links are not followed; sockets, pipes and devices
 * are left out, and so are folders named `.git`.
 *
 * @param unreadable called with each folder that can't be listed
 */
export async function* walk(folder: string, unreadable: Unreadable): AsyncGenerator<TreeEntry> {
  const root = normalize(folder);
  const waiting: Buffer[] = [Buffer.from(root)];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const folders: Buffer[] = [];
    for (const entry of await entriesOf(next, unreadable)) {
      const path = root === '.' && next.equals(Buffer.from(root)) ? entry.name : join(next, entry.name);
      if (entry.isFile()) yield { path, name: entry.name, isFile: true };
      if (!entry.isDirectory() || entry.name.equals(Buffer.from('.git'))) continue;
      yield { path, name: entry.name, isFile: false };
      folders.push(path);
    }
    waiting.push(...folders.reverse());
  }
}

async function entriesOf(folder: Buffer, unreadable: Unreadable) {
  try {
    const entries = await readdir(folder, { encoding: 'buffer', withFileTypes: true });
    return entries.sort((one, other) => one.name.compare(other.name));
  } catch (error) {
    unreadable(folder, error);
    return [];
  }
}

function join(folder: Buffer, name: Buffer): Buffer {
  const separator = Buffer.from(sep);
  const isRoot = folder.subarray(-separator.length).equals(separator);
  return Buffer.concat(isRoot ? [folder, name] : [folder, separator, name]);
}
