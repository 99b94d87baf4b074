import type { Change } from './change-feed.js';

/** A change as it is carried. JSON escapes lone surrogates and U+0000, so that every text survives the way over UTF-8. */
export function formatChange(change: Change): string {
  return JSON.stringify(change);
}

/** Reads what {@link formatChange} wrote; undefined when it is no change at all. `missed` is then to be called. */
export function parseChange(text: string): Change | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isChange(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isChange(value: unknown): value is Change {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
}
