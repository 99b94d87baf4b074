import type { LoggerService } from '@nestjs/common';

/** Keeps every line that Nest and Portcullis log, on every level. */
export class LineKeeper implements LoggerService {
  readonly lines: string[] = [];
  readonly #keep = (...parts: unknown[]) => this.lines.push(parts.map(String).join(' '));
  readonly log = this.#keep;
  readonly error = this.#keep;
  readonly warn = this.#keep;
  readonly debug = this.#keep;
  readonly verbose = this.#keep;
  readonly fatal = this.#keep;
}
