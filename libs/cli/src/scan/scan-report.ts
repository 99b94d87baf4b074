import { EXIT, type ExitCode, type Output } from '../output.js';
import type { FoundSecret } from '../secrets.js';

/** Reports what a scan finds, as it finds it, and sums up. */
export class ScanReport {
  readonly #output: Output;
  readonly #keys = new Set<string>();
  #places = 0;
  #files = 0;
  #objects = 0;
  #hadTrouble = false;

  constructor(output: Output) {
    this.#output = output;
  }

  fileSearched(): void {
    this.#files++;
  }

  objectSearched(): void {
    this.#objects++;
  }

  /** @param place printable */
  found(place: string, key: FoundSecret): void {
    this.#places++;
    this.#keys.add(key.text);
    this.#output.say(`${place}: ${key.shown}`);
  }

  /** Something was not searched. @param message printable */
  trouble(message: string): void {
    this.#hadTrouble = true;
    this.#output.remark(message);
  }

  /** What doesn't keep a scan from being complete. @param message printable */
  note(message: string): void {
    this.#output.remark(message);
  }

  finish(): ExitCode {
    const searched = `${count(this.#files, 'file')} and ${count(this.#objects, 'git object')}`;
    const found = `${count(this.#keys.size, 'key')} in ${count(this.#places, 'place')}`;
    this.#output.remark(`Searched ${searched}; found ${found}.`);
    if (this.#places > 0) return EXIT.found;
    return this.#hadTrouble ? EXIT.trouble : EXIT.clean;
  }
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
