import type { Readable } from 'node:stream';

/** What git says of an object before its content. */
export interface GitObject {
  readonly id: string;
  /** `missing` when the repository lacks it, as a partial clone may. */
  readonly type: 'commit' | 'tree' | 'blob' | 'tag' | 'missing';
  readonly size: number;
  /** The rest of the line that asked for it; as bytes, one character each. */
  readonly rest: string;
}

/** Gets each object, in the order in which they come. */
export interface GitObjectReader {
  begin(object: GitObject): void;
  take(content: Buffer): void;
  /** The object is over; the next waits until this is settled. */
  end(): Promise<void> | void;
}

/** The format that {@link readObjects} reads. */
export const BATCH = '--batch=%(objectname) %(objecttype) %(objectsize) %(rest)';

const LINE_BREAK = 10;

/** Reads what `git cat-file` prints for {@link BATCH}, without ever holding an object. */
export async function readObjects(output: Readable, reader: GitObjectReader): Promise<void> {
  let header = '';
  /** Of the object's content, with the line break behind it; 0 in a header. */
  let outstanding = 0;
  for await (const chunk of output) {
    let rest = chunk as Buffer;
    while (rest.length > 0) {
      if (outstanding === 0) {
        const lineEnd = rest.indexOf(LINE_BREAK);
        header += rest.toString('latin1', 0, lineEnd === -1 ? rest.length : lineEnd);
        if (lineEnd === -1) break;
        rest = rest.subarray(lineEnd + 1);
        const object = parse(header);
        header = '';
        reader.begin(object);
        if (object.type === 'missing') await reader.end();
        else outstanding = object.size + 1;
        continue;
      }
      const content = rest.subarray(0, Math.max(0, outstanding - 1));
      if (content.length > 0) reader.take(content);
      const taken = Math.min(rest.length, outstanding);
      outstanding -= taken;
      rest = rest.subarray(taken);
      if (outstanding === 0) await reader.end();
    }
  }
}

function parse(header: string): GitObject {
  const [, id = '', type = 'missing', size = '0', rest = ''] =
    /^(\S+) (\w+)(?: (\d+) (.*))?$/s.exec(header) ?? [];
  return { id, type: type as GitObject['type'], size: Number(size), rest };
}
