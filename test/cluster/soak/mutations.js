import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const FOLDER = fileURLToPath(new URL('mutations/', import.meta.url));
/** A fault that is put back has to be found by then, in minutes. */
const MINUTES = 2;

/** Puts mended faults back, one after another, each in a copy of the repository, and sees whether the soak finds them. */
function main() {
  const { values, positionals } = parseArgs({
    options: { seeds: { type: 'string', default: '1,2' } },
    allowPositionals: true,
  });
  const names = readdirSync(FOLDER).map((file) => file.replace('.patch', ''));
  const missed = [];
  for (const name of positionals.length > 0 ? positionals : names)
    for (const seed of values.seeds.split(',')) {
      const violation = soakWith(name, seed);
      console.log(`${name}, seed ${seed}: ${violation ?? 'NOT FOUND'}`);
      if (violation === undefined) missed.push(name);
    }
  process.exit(missed.length > 0 ? 1 : 0);
}

/**
 * @param {string} name
 * @param {string} seed
 * @returns the first violation, with the time
 */
function soakWith(name, seed) {
  const patch = join(FOLDER, `${name}.patch`);
  const on = /^On: (\S+)$/m.exec(readFileSync(patch, 'utf8'))?.[1] ?? '';
  const copy = mkdtempSync(join(tmpdir(), 'portcullis-mutation-'));
  try {
    copyTo(copy);
    run('git', ['apply', patch], copy);
    const soak = ['test/cluster/soak/run.js', '--on', on, '--minutes', `${MINUTES}`, '--seed', seed];
    return /^VIOLATION at +(.*)$/m.exec(run(process.execPath, soak, copy))?.[1];
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** What git knows, or would; and what is installed, by links. @param {string} copy */
function copyTo(copy) {
  const files = run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], REPOSITORY);
  for (const file of files.split('\0').filter((name) => name !== '' && existsSync(join(REPOSITORY, name))))
    cpSync(join(REPOSITORY, file), join(copy, file));
  const installed = [
    'node_modules',
    ...readdirSync(join(REPOSITORY, 'libs')).map((lib) => `libs/${lib}/node_modules`),
  ];
  for (const folder of installed.filter((name) => existsSync(join(REPOSITORY, name))))
    run('cp', ['--archive', '--link', join(REPOSITORY, folder), join(copy, dirname(folder))], copy);
  rmSync(join(copy, 'node_modules/.cache'), { recursive: true, force: true });
}

/**
 * @param {string} program
 * @param {readonly string[]} parameters
 * @param {string} cwd
 * @returns what it says
 */
function run(program, parameters, cwd) {
  const { stdout } = spawnSync(program, parameters, {
    ...{ cwd, encoding: 'utf8', maxBuffer: 2 ** 28 },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return stdout;
}

main();
