import { setImmediate as nextTurn } from 'node:timers/promises';
import { InputError } from './errors.js';

/** Where a page ended. */
export interface PagePosition {
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly id: string;
}

/**
 * What a store lists. Where it would have to look through very much for a page, it stops with what it has found so far, and says where to go on:
 * requests are not to wait for one that nobody has an index for.
 */
export type Listed<Entry, Position> = readonly Entry[] & {
  /** Where it has stopped looking, although it has not found as many as were wanted; all that comes before it was looked at. */
  readonly stoppedAt?: Position;
};

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1_000;
/** How often a store is asked for one page: it may find nothing where it has looked. */
const MOST_LOOKS = 4;

/**
 * How many entries a page has: 100 by default.
 *
 * @throws InputError when that is no whole number from 1 to 1000
 */
export function pageLimit(limit = DEFAULT_PAGE): number {
  if (Number.isInteger(limit) && limit > 0 && limit <= MAX_PAGE) return limit;
  throw new InputError(`limit must be a whole number from 1 to ${MAX_PAGE}`);
}

/** What a store finds, with where it has stopped if that was before it had as many as are wanted. */
export function listed<Entry, Position>(
  entries: readonly Entry[],
  stoppedAt?: Position,
): Listed<Entry, Position> {
  return stoppedAt === undefined ? entries : Object.assign([...entries], { stoppedAt });
}

/**
 * A page, and where to go on if there may be more. Where a store has to look through very much, the page has fewer entries than the limit, or none.
 *
 * @param look asks the store for at most so many that come after a position
 * @param placeOf the position of an entry
 */
export async function readPage<Entry extends Position, Position>(
  { after, limit }: { readonly after?: Position | undefined; readonly limit: number },
  look: (after: Position | undefined, limit: number) => Promise<Listed<Entry, Position>>,
  placeOf: (place: Position) => PagePosition = (place) => place as PagePosition,
): Promise<{ entries: readonly Entry[]; nextCursor?: string }> {
  const found: Entry[] = [];
  let place = after;
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const part = await look(place, limit + 1 - found.length);
    found.push(...part);
    const entries = found.slice(0, limit);
    const last = entries.at(-1);
    if (found.length > limit && last !== undefined) return { entries, nextCursor: cursorOf(placeOf(last)) };
    if (part.stoppedAt === undefined) return { entries };
    place = part.stoppedAt;
  }
  return { entries: found, ...(place !== undefined && { nextCursor: cursorOf(placeOf(place)) }) };
}

/**
 * Everything that a store lists, page by page, with a turn for others after each.
 *
 * @param look asks the store for at most so many that come after a position
 * @throws Error when the store gives one page again and again
 */
export async function* everyPage<Entry extends Position, Position extends { readonly id: string }>(
  look: (after: Position | undefined, limit: number) => Promise<Listed<Entry, Position>>,
): AsyncGenerator<readonly Entry[], void, void> {
  let after: Position | undefined;
  do {
    const page: Listed<Entry, Position> = await look(after, MAX_PAGE);
    const next = page.stoppedAt ?? (page.length < MAX_PAGE ? undefined : page.at(-1));
    if (next !== undefined && next.id === after?.id)
      throw new Error('a store gives the same page again and again');
    // A database within the process has taken this turn to read it.
    await nextTurn();
    yield page;
    await nextTurn();
    after = next;
  } while (after !== undefined);
}

/** A position as an opaque text. */
export function cursorOf({ createdAt, id }: PagePosition): string {
  return Buffer.from(JSON.stringify([createdAt, id])).toString('base64url');
}

/** @throws InputError when the text is no cursor */
export function positionOf(cursor: string): PagePosition {
  try {
    const [createdAt, id]: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (typeof createdAt === 'number' && Number.isSafeInteger(createdAt) && typeof id === 'string') {
      return { createdAt, id };
    }
  } catch {
    // Said below.
  }
  throw new InputError('cursor must be the nextCursor of a page');
}
