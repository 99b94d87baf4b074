import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from './bundle.js';
import { keepInMemory } from './temporary-files.js';

/** Runs once, before every test. */
export default async function setup() {
  await bundle();
  keepInMemory();
  process.env.PORTCULLIS_TESTED_ENGINES = mkdtempSync(join(tmpdir(), 'portcullis-engines-'));
}
