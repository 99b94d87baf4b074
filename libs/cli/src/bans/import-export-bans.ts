import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { BAN_EXPORT_FORMATS, BAN_LIST_FORMATS, parseLongBanList } from '@portcullis/auth';
import { argumentsOf, noneOf, reasonOf } from '../arguments.js';
import { EXIT, type ExitCode, type Output } from '../output.js';
import { printable, withoutSecrets } from '../printable.js';
import { UsageError } from '../verb.js';
import { oneOf, secondsOf, theOneOf } from './ban-arguments.js';
import { changeBans, readBans, STORE } from './ban-place.js';
import { replaceFile } from './replace-file.js';

/** `portcullis bans import` */
export async function importBans(args: readonly string[], output: Output): Promise<ExitCode> {
  const { values, positionals } = argumentsOf(args, {
    ...STORE,
    format: { type: 'string' },
    reason: { type: 'string' },
    seconds: { type: 'string' },
  });
  const file = theOneOf(positionals, 'file, or - for standard input');
  const format = values.format === undefined ? undefined : oneOf(values.format, BAN_LIST_FORMATS, '--format');
  const details = { reason: reasonOf(values.reason), ...secondsOf(values.seconds) };
  return changeBans(values, async ({ bans, who }) => {
    const { list, writtenAt } = await read(file);
    const { networks, problems, furtherProblems } = await parseLongBanList(list, format, writtenAt);
    for (const { line, problem } of problems) output.remark(`line ${line}: ${printable(problem)}`);
    if (furtherProblems > 0) output.remark(`and ${furtherProblems} more`);
    const { imported, skipped } = await bans.import(networks, { ...details, ...who });
    output.say(`Imported ${imported}, skipped ${skipped}`);
    return networks.length === 0 && problems.length > 0 ? EXIT.trouble : EXIT.clean;
  });
}

/** `portcullis bans export` */
export async function exportBans(args: readonly string[], output: Output): Promise<ExitCode> {
  const { values, positionals } = argumentsOf(args, {
    ...STORE,
    format: { type: 'string' },
    output: { type: 'string' },
    allowed: { type: 'string', multiple: true },
  });
  noneOf(positionals);
  const format = oneOf(values.format ?? '', BAN_EXPORT_FORMATS, '--format');
  if (values.output === '') throw new UsageError('--output must be the path of a file.');
  return readBans(values, async ({ lists }) => {
    const blocks = await lists.write(format);
    if (values.output !== undefined) await replaceFile(values.output, blocks);
    // What could steer a terminal no list has in it.
    else for await (const block of blocks) output.say(withoutSecrets(block).replace(/\n$/, ''));
    return EXIT.clean;
  });
}

/** What a file says of times to come it says from when it was written (milliseconds since the epoch). */
async function read(file: string): Promise<{ list: string[]; writtenAt: number }> {
  const now = Date.now();
  if (file === '-') return { list: await piecesOf(process.stdin), writtenAt: now };
  const { mtimeMs } = await stat(file);
  return { list: await piecesOf(createReadStream(file)), writtenAt: Math.min(mtimeMs, now) };
}

/** What this process follows meanwhile must not wait. */
async function piecesOf(stream: Readable): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of stream.setEncoding('utf8')) pieces.push(piece);
  return pieces;
}
