import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SHORT_LIVED } from '../services/short-lived.js';
import { program } from './program.js';

/** Starts the sample as its own process. */
export function start(
  env: Record<string, string>,
  main = program('sample'),
): ChildProcess & { output(): string } {
  const folder = env.DATA ?? mkdtempSync(join(tmpdir(), 'portcullis-sample-'));
  const child = spawn(process.execPath, [...SHORT_LIVED, main], {
    env: { ...process.env, NODE_OPTIONS: '', PORT: '0', DATA: folder, ...env },
  });
  if (env.DATA === undefined) child.once('exit', () => rmSync(folder, { recursive: true }));
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  child.stderr.on('data', (text) => {
    output += text;
  });
  return Object.assign(child, { output: () => output });
}

/** What the sample prints once it listens. One that ends before it does is not waited for. */
export async function screenOf(child: ReturnType<typeof start>): Promise<string> {
  const ended = once(child, 'close').then(() => {
    throw new Error(`The sample has ended: ${child.output()}`);
  });
  while (!child.output().includes('let in again'))
    await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), ended]);
  ended.catch(() => {});
  return child.output();
}

/** Whole commands: a line that ends in a backslash goes on. */
export function commandsOf(script: string): string[] {
  return script
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
}

/** The commands, each with a mark behind what it answers. */
export function withSeparators(script: string): string {
  return commandsOf(script).join("\nprintf '\\001'\n");
}
