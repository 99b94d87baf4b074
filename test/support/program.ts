import { join } from 'node:path';

/**
 * Where a program is that tests run as a process of its own, or what a script of theirs imports of us: made of the sources, in few files.
 *
 * @param name as `test/services/bundles.js` has it
 */
export function program(name: string): string {
  return join(process.env.PORTCULLIS_PROGRAMS ?? '', `${name}.mjs`);
}
