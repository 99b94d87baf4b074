import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs once, before every test. */
export default function setup() {
  process.env.PORTCULLIS_TESTED_ENGINES = mkdtempSync(join(tmpdir(), 'portcullis-engines-'));
}
