import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STORES } from './stores.js';

const FOLDER = join(import.meta.dirname, 'mutations');

describe('the faults that can be put back', () => {
  it.each(readdirSync(FOLDER))('%s can still be, and says on what it is found', (file) => {
    const patch = join(FOLDER, file);
    const { status, stderr } = spawnSync('git', ['apply', '--check', patch], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    const [what, on] = readFileSync(patch, 'utf8').split('\n');
    expect(what).toMatch(/\.$/);
    expect(Object.keys(STORES).map((name) => `On: ${name}`)).toContain(on);
  });
});
