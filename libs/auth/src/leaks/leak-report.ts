import { BadRequestException } from '@nestjs/common';
import { findApiKeys } from '../api-keys/api-key-format.js';

/** Something that somebody found where it should not be. */
export interface LeakReport {
  readonly token: string;
  /** What the reporter calls this kind of token. */
  readonly type: string;
  /** Where it was found, as the reporter says. */
  readonly url?: string;
}

const MAX_REPORTS = 1_000;
const MAX_TOKEN_LENGTH = 1_000;
const MAX_URL_LENGTH = 500;

/**
 * Reads a message of GitHub's secret scanning partner program.
 *
 * @throws BadRequestException in words that quote nothing of the message
 */
export function readLeakReports(bytes: Uint8Array): readonly LeakReport[] {
  const message = parse(Buffer.from(bytes).toString('utf8'));
  if (!Array.isArray(message)) throw new BadRequestException('The message must be a JSON array');
  if (message.length > MAX_REPORTS)
    throw new BadRequestException(`A message holds at most ${MAX_REPORTS} reports`);
  if (!message.every(isLeakReport)) {
    throw new BadRequestException(
      `Each report must be an object with the texts token (at most ${MAX_TOKEN_LENGTH} characters), type, and url if it has one`,
    );
  }
  return message;
}

/** Where it was found, if that may be shown: it is part of an event, so no key of ours may stand in it, however it is written. */
export function publicUrl({ url, token }: LeakReport): string | undefined {
  if (url === undefined || url.length > MAX_URL_LENGTH || !isPlainHttpUrl(url)) return undefined;
  const text = decoded(url);
  return text.includes(token) || !findApiKeys(text).next().done ? undefined : url;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadRequestException('The message must be JSON');
  }
}

function isLeakReport(value: unknown): value is LeakReport {
  if (typeof value !== 'object' || value === null) return false;
  const { token, type, url } = value as Record<string, unknown>;
  return (
    typeof token === 'string' &&
    token.length <= MAX_TOKEN_LENGTH &&
    typeof type === 'string' &&
    (url === undefined || typeof url === 'string')
  );
}

/** Without anything that breaks a line of a log, and without a password. */
function isPlainHttpUrl(text: string): boolean {
  if (!/^https?:\/\/[^\s\p{C}]+$/u.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username + password === '';
}

/** Without percent-encoding, also where that was encoded again. */
function decoded(url: string): string {
  const once = url.replace(/%[0-9a-f]{2}/gi, (code) =>
    String.fromCharCode(Number.parseInt(code.slice(1), 16)),
  );
  return once === url ? url : decoded(once);
}
