import { Logger, type LogLevel } from '@nestjs/common';

/** Control, format, unassigned and private characters, halves of pairs; separators of lines and paragraphs. */
const STEERING = /[\p{C}\p{Zl}\p{Zp}]/gu;
/** As V8 writes the lines of a stack below the message. */
const STACK_LINE = /\n(?= {4}at )/;

/**
 * A text that somebody else chose, in one line that steers no terminal and begins no line of its own in a log: what could do that becomes
 * `\n` or `\uXXXX`, such as line feeds, escape sequences, and changes of the direction of writing.
 */
export function printable(text: string): string {
  return text.replace(STEERING, (character) => (character === '\n' ? '\\n' : escaped(character)));
}

/**
 * Nest's logger for what Portcullis has to say. Whatever goes to it may quote what attackers sent, what people wrote, and what a database
 * says of it: it is made {@link printable} here, and nowhere else.
 */
export class Log {
  readonly #logger = new Logger('Portcullis');

  /** @param stack the stack of an error, whose lines are kept */
  error(message: string, stack?: string): void {
    if (stack === undefined) this.write('error', message);
    else this.#logger.error(printable(message), stack.split(STACK_LINE).map(printable).join('\n'));
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

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
