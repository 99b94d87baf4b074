import 'reflect-metadata';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

const BENCHES = ['api-keys', 'bans', 'banned-requests', 'many-addresses'];

const { values } = parseArgs({ options: { only: { type: 'string' }, full: { type: 'boolean' } } });
const chosen = BENCHES.filter((name) => values.only === undefined || values.only === name);
if (chosen.length === 0) throw new Error(`--only takes one of: ${BENCHES.join(', ')}`);

console.log(`Node ${process.version} on ${cpus()[0]?.model}, ${cpus().length} cores`);
for (const name of chosen) await import(`./${name}.bench.js`);
