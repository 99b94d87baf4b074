import { constants, open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSecureUrl } from '../../net/secure-url.js';
import { fetchText, type RemoteTextLimits, type Validators } from '../../remote/remote-text.js';
import { textPieces } from '../../remote/text-pieces.js';

/** Where a ban feed is read from: the path of a file, or a URL. */
export type FeedSource = string | URL;

/** What a ban feed gave, and how to recognise that it gives the same again. */
export interface FeedContent {
  /** In pieces. */
  readonly text: readonly string[];
  readonly version: FeedVersion;
  /** When it was written, in milliseconds since the epoch, where that is known. */
  readonly writtenAt?: number;
}

export type FeedVersion = string | Validators;

/** An absolute path, a `file:` URL, or an https URL (http on loopback); undefined for anything else. */
export function feedSourceOf(text: unknown): FeedSource | undefined {
  // The operating system would end a path at the character 0.
  if (typeof text !== 'string' || text.includes('\0')) return undefined;
  if (isAbsolute(text)) return text;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'file:') return isSecureUrl(`${url.protocol}//${url.host}`, true) ? url : undefined;
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

/** A source as it may be shown: without credentials and query, in which tokens are sent. */
export function shownSource(source: FeedSource): string {
  return typeof source === 'string' ? source : `${source.origin}${source.pathname}`;
}

/**
 * Reads what a source gives now.
 *
 * @param known the version that is here already
 * @returns undefined when that is still the newest
 */
export async function readFeed(
  source: FeedSource,
  known: FeedVersion | undefined,
  limits: RemoteTextLimits,
): Promise<FeedContent | undefined> {
  if (typeof source === 'string') return await readFeedFile(source, known, limits);
  const answer = await fetchText(source, typeof known === 'object' ? known : undefined, limits);
  return answer && { text: answer.text, version: answer.validators };
}

async function readFeedFile(
  path: string,
  known: FeedVersion | undefined,
  { maxBytes, signal }: RemoteTextLimits,
): Promise<FeedContent | undefined> {
  // A pipe would keep us waiting for a writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    // Before the content, so that what is written meanwhile is read the next time.
    const stats = await file.stat({ bigint: true });
    if (!stats.isFile()) throw new Error('it is no regular file');
    const { ino, size, mtimeNs, mtimeMs } = stats;
    const version = `${ino} ${size} ${mtimeNs}`;
    if (version === known) return undefined;
    const chunks = file.createReadStream({ autoClose: false, signal });
    const text = await textPieces(chunks, maxBytes, `the file has more than ${maxBytes} bytes`);
    return { text, version, writtenAt: Number(mtimeMs) };
  } finally {
    await file.close();
  }
}
