import { Logger, type LogLevel } from '@nestjs/common';
import { PortcullisError } from './errors.js';

/** Control, format, unassigned and private characters, halves of pairs; separators of lines and paragraphs. */
const STEERING = /[\p{C}\p{Zl}\p{Zp}]/gu;
/**
 * A text that somebody else chose, in one line that steers no terminal and begins no line of its own in a log: what could do that becomes
 * `\n` or `\u` with four digits, such as line feeds, escape sequences, and changes of the direction of writing.
 */
export function printable(text: string): string {
  return text.replace(STEERING, (character) => (character === '\n' ? '\\n' : escaped(character)));
}

/** What was thrown, for the operator: the message of a refusal is for the client. */
export function textOf(error: unknown): string {
  return error instanceof PortcullisError ? error.reason : String(error);
}

/**
 * Nest's logger for what Portcullis has to say. Whatever goes to it may quote what attackers sent, what people wrote, and what a database
 * says of it: it is made {@link printable} here, and nowhere else.
 */
export class Log {
  readonly #logger = new Logger('Portcullis');

  /** @param cause whatever was thrown: of an error, the lines of its stack are kept */
  error(message: string, cause?: unknown): void {
    if (cause === undefined) this.write('error', message);
    else this.#logger.error(printable(message), traceOf(cause));
  }

  warn(message: string): void {
    this.write('warn', message);
  }

  log(message: string): void {
    this.write('log', message);
  }

  debug(message: string): void {
    this.write('debug', message);
  }

  write(level: LogLevel, message: string): void {
    this.#logger[level](printable(message));
  }
}

/** A message may look as if it were lines of the stack that comes after it. */
function traceOf(cause: unknown): string {
  if (cause instanceof PortcullisError)
    return cause.cause === undefined ? printable(cause.reason) : traceOf(cause.cause);
  if (!(cause instanceof Error) || cause.stack === undefined) return printable(String(cause));
  const { message, stack } = cause;
  const at = stack.indexOf(message);
  // Of one that was given another message later, nothing is known of where it ends.
  if (at === -1) return printable(stack);
  const end = at + message.length;
  return printable(stack.slice(0, end)) + stack.slice(end).split('\n').map(printable).join('\n');
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
