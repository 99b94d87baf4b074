import { run } from './command-line.js';

// Who reads us has gone away: what was found can't be reported any more.
process.stdout.on('error', () => process.exit(2));

process.exitCode = await run(process.argv.slice(2), {
  say: (line) => process.stdout.write(`${line}\n`),
  remark: (line) => process.stderr.write(`${line}\n`),
});
