import { InputError } from './errors.js';

/** Where a page ended. */
export interface PagePosition {
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly id: string;
}

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1_000;

/**
 * How many entries a page has: 100 by default.
 *
 * @throws InputError when that is no whole number from 1 to 1000
 */
export function pageLimit(limit = DEFAULT_PAGE): number {
  if (Number.isInteger(limit) && limit > 0 && limit <= MAX_PAGE) return limit;
  throw new InputError(`limit must be a whole number from 1 to ${MAX_PAGE}`);
}

/**
 * The first entries, and where to go on if there are more.
 *
 * @param found one more than the limit, if there are as many
 */
export function cutPage<T extends PagePosition>(
  found: readonly T[],
  limit: number,
): { entries: readonly T[]; nextCursor?: string } {
  const entries = found.slice(0, limit);
  const last = entries.at(-1);
  return found.length > limit && last !== undefined ? { entries, nextCursor: cursorOf(last) } : { entries };
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
