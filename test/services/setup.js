import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install } from './apt.js';
import { postgresPrograms, redisProgram } from './programs.js';

/**
 * Runs once, before every test: finds the servers that tests start, installs those that are missing where that is possible (as root,
 * on Debian), and tells the tests where they are. What is still missing fails the tests that need it, and no others.
 */
export default function setup() {
  process.env.PORTCULLIS_TESTED_ENGINES = mkdtempSync(join(tmpdir(), 'portcullis-engines-'));
  const missing = [
    ...(redisProgram() === undefined ? ['redis-server'] : []),
    ...(postgresPrograms() === undefined ? ['postgresql'] : []),
  ];
  if (missing.length > 0 && process.getuid?.() === 0) {
    process.stderr.write(`Installing ${missing.join(' and ')} for the tests\n`);
    try {
      install(missing);
    } catch (error) {
      process.stderr.write(`apt-get failed: ${error instanceof Error ? error.message : error}\n`);
    }
  }
  process.env.PORTCULLIS_REDIS = redisProgram() ?? '';
  process.env.PORTCULLIS_POSTGRES = postgresPrograms() ?? '';
}
