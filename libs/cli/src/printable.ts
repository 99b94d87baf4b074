import { isUtf8 } from 'node:buffer';
import { secretsIn } from './secrets.js';

/** Control, format, unassigned and private characters, separators of lines; and what looks quoted already. */
const ODD = /[\p{C}\p{Zl}\p{Zp}]|^"/u;
const LEFT_BY_JSON = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A text from outside as one line that neither steers a terminal nor shows a secret; quoted as in JSON when odd. */
export function printable(text: string): string {
  const redacted = withoutSecrets(text);
  return ODD.test(redacted) ? JSON.stringify(redacted).replace(LEFT_BY_JSON, escaped) : redacted;
}

/** Something as JSON in one line that neither steers a terminal nor shows a secret. */
export function printableJson(value: unknown): string {
  return withoutSecrets(JSON.stringify(value)).replace(LEFT_BY_JSON, escaped);
}

/** Names of files are bytes: most are UTF-8, and what isn't is read as Latin 1. */
export function textOf(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

/** A text with no more of its secrets than names them. */
export function withoutSecrets(text: string): string {
  let shown = '';
  let end = 0;
  for (const found of secretsIn(text)) {
    shown += text.slice(end, found.index) + found.shown;
    end = found.index + found.text.length;
  }
  return shown + text.slice(end);
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
}
