import { InputError } from '../errors.js';
import type { ApiKeyDetails } from './api-key.store.js';

/** Where a page of keys ended. */
export type PagePosition = Pick<ApiKeyDetails, 'createdAt' | 'id'>;

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
