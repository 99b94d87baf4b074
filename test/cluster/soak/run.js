import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { install } from '../../services/apt.js';
import { faketimeLibrary, pgbouncerProgram } from '../../services/programs.js';

const STORES = ['sqlite', 'postgres', 'postgres-redis', 'pgbouncer'];
const USAGE = `npm run soak -- [--minutes 10] [--seed 1] [--on ${STORES.join('|')}] [--go-on] [--right-clocks]`;

/** Starts the spec by Jest, which has servers found and installed, and compiles as in all tests. */
function main() {
  const { minutes, seed, on, goOn, rightClocks } = readArguments();
  installMissing(on);
  const repository = fileURLToPath(new URL('../../../', import.meta.url));
  const jest = [
    'node_modules/jest/bin/jest.js',
    '--runTestsByPath',
    'test/cluster/soak/soak.servers-spec.ts',
  ];
  const env = {
    ...process.env,
    NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
    SOAK_SECONDS: `${minutes * 60}`,
    SOAK_ON: on,
    SOAK_GO_ON: `${goOn}`,
    SOAK_RIGHT_CLOCKS: `${rightClocks}`,
    ...(seed !== undefined && { SOAK_SEED: seed }),
  };
  spawn(process.execPath, jest, { cwd: repository, env, stdio: 'inherit' }).once('exit', (code) =>
    process.exit(code ?? 1),
  );
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: 'string', default: '10' },
        seed: { type: 'string' },
        on: { type: 'string', default: 'postgres' },
        'go-on': { type: 'boolean', default: false },
        'right-clocks': { type: 'boolean', default: false },
      },
    });
    const { minutes, seed, on, 'go-on': goOn, 'right-clocks': rightClocks } = values;
    const isRight =
      Number(minutes) > 0 &&
      Number.isSafeInteger(Number(seed ?? 0)) &&
      on.split(',').every((each) => STORES.includes(each));
    if (isRight) return { minutes: Number(minutes), seed, on, goOn, rightClocks };
  } catch {
    // An argument that there isn't.
  }
  console.error(USAGE);
  process.exit(2);
}

/** @param {string} on */
function installMissing(on) {
  const missing = [
    ...(on.includes('pgbouncer') && pgbouncerProgram() === undefined ? ['pgbouncer'] : []),
    ...(on !== 'sqlite' && faketimeLibrary() === undefined ? ['libfaketime'] : []),
  ];
  if (missing.length === 0 || process.getuid?.() !== 0 || process.env.TEST_SERVICES === 'never') return;
  console.error(`Installing by apt-get: ${missing.join(' ')} (TEST_SERVICES=never forbids it)`);
  try {
    install(missing);
  } catch (error) {
    console.error(`apt-get failed: ${error instanceof Error ? error.message : error}`);
  }
}

main();
