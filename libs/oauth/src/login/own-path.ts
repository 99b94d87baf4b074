import { BadRequestException } from '@nestjs/common';

const LONGEST = 1_000;
/** Visible ASCII without `\`, as browsers send a path: whatever else there is, somebody reads it differently. */
const VISIBLE = /^\/[!-[\]-~]*$/;
/** `/`, `\`, `%` and control characters, encoded: whoever decodes once more would see another path. */
const ENCODED_IN_PATH = /%(?:2f|5c|25|[01][\da-f]|7f)/i;
const ENCODED_ANYWHERE = /%(?:5c|[01][\da-f]|7f)/i;

/**
 * Whether somebody can be sent there after a login without leaving this app: a path of its own with whatever query and fragment, in one
 * spelling, never `//host`, `/\host` or what becomes one of them.
 */
export function isOwnPath(text: unknown): text is string {
  if (typeof text !== 'string' || text.length > LONGEST || !VISIBLE.test(text)) return false;
  const path = text.replace(/[?#].*$/, '');
  if (path.includes('//') || ENCODED_IN_PATH.test(path) || ENCODED_ANYWHERE.test(text)) return false;
  // Segments of dots are taken out by whoever reads it.
  const { origin, pathname } = new URL(text, 'https://own.invalid');
  return origin === 'https://own.invalid' && pathname === path;
}

/** @throws BadRequestException where it leads elsewhere */
export function ownPath(returnTo: string): string {
  if (isOwnPath(returnTo)) return returnTo;
  throw new BadRequestException('return_to must be a path of this app');
}
