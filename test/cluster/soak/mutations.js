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

const NAMES = readdirSync(FOLDER).map((file) => file.replace('.patch', ''));
const USAGE = `npm run soak:mutations -- [--seeds 1,2] [names]\n  names: ${NAMES.join(', ')}`;

/** Puts mended faults back, one after another, each in a copy of the repository, and sees whether the soak finds them. */
function main() {
  const { names, seeds } = readArguments();
  // The soak ends by it, and the copy is removed then.
  process.once('SIGINT', () => {});
  console.log(`${names.length * seeds.length} runs of ${MINUTES} minutes at most`);
  const missed = [];
  for (const name of names)
    for (const seed of seeds) {
      process.stdout.write(`${name}, seed ${seed}: `);
      const violation = soakWith(name, seed);
      console.log(violation ?? 'NOT FOUND');
      if (violation === undefined) missed.push(name);
    }
  process.exit(missed.length > 0 ? 1 : 0);
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      options: { seeds: { type: 'string', default: '1,2' } },
      allowPositionals: true,
    });
    const seeds = values.seeds.split(',');
    if (seeds.every((seed) => /^\d+$/.test(seed)) && positionals.every((name) => NAMES.includes(name)))
      return { names: positionals.length > 0 ? positionals : NAMES, seeds };
  } catch {
    // An argument that there isn't.
  }
  console.error(USAGE);
  process.exit(2);
}

/**
 * @param {string} name
 * @param {string} seed
 * @returns the first violation, with the time
 * @throws Error where it can't be said whether there is one
 */
function soakWith(name, seed) {
  const patch = join(FOLDER, `${name}.patch`);
  const on = /^On: (\S+)$/m.exec(readFileSync(patch, 'utf8'))?.[1] ?? '';
  const copy = mkdtempSync(join(tmpdir(), 'portcullis-mutation-'));
  try {
    copyTo(copy);
    run('git', ['apply', patch], copy);
    const soak = ['test/cluster/soak/run.js', '--on', on, '--minutes', `${MINUTES}`, '--seed', seed];
    // It fails where it finds something.
    const said = run(process.execPath, soak, copy, [0, 1]);
    if (!/ rounds, did /.test(said)) throw new Error(`the soak did not come to its end: ${said}`);
    return /^VIOLATION at +(.*)$/m.exec(said)?.[1];
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
 * @param {readonly number[]} codes that it may end with
 * @returns what it says
 * @throws Error where it ends otherwise
 */
function run(program, parameters, cwd, codes = [0]) {
  const { stdout, stderr, status } = spawnSync(program, parameters, {
    ...{ cwd, encoding: 'utf8', maxBuffer: 2 ** 28 },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (!codes.includes(status ?? -1))
    throw new Error(`${[program, ...parameters].join(' ')} has failed: ${stderr}`);
  return stdout;
}

main();
