import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { run } from '../../libs/cli/src/command-line.js';
import { program } from './program.js';

export interface Ended {
  readonly code: number;
  /** What was said on standard output, line by line. */
  readonly lines: string[];
  readonly remarks: string;
}

/** Where a command is run. */
export interface Here {
  /** The folder that the command is run in. */
  readonly path: string;
  /** Environment variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** What comes from standard input. */
  readonly input?: string;
}

export interface Surroundings extends Here {
  /** What starts it, such as `unshare` with its options; the command comes behind. */
  readonly starter?: readonly string[];
}

let lastOne: Promise<unknown> = Promise.resolve();

/** Runs the command `portcullis` in this process, one at a time: a process of its own takes two seconds to load everything. */
export function portcullis({ path, env, input = '' }: Here, ...args: string[]): Promise<Ended> {
  const turn = lastOne.then(() => {
    const before = { env: process.env, cwd: process.cwd(), stdin: process.stdin };
    process.env = { ...process.env, ...env };
    process.chdir(path);
    Object.defineProperty(process, 'stdin', { value: Readable.from([input]), configurable: true });
    return ended(args).finally(() => {
      process.env = before.env;
      process.chdir(before.cwd);
      Object.defineProperty(process, 'stdin', { value: before.stdin, configurable: true });
    });
  });
  lastOne = turn.catch(() => {});
  return turn;
}

async function ended(args: readonly string[]): Promise<Ended> {
  const lines: string[] = [];
  let remarks = '';
  const code = await run(args, {
    say: (line) => lines.push(...line.split('\n')),
    remark: (line) => {
      remarks += `${line}\n`;
    },
  });
  return { code, lines, remarks };
}

/** Runs the command as a process of its own, to its end. */
export async function portcullisProcess(
  { path, env, input, starter = [] }: Surroundings,
  ...args: string[]
): Promise<Ended> {
  const command = [...starter, process.execPath, program('portcullis'), ...args];
  const child = spawn(command[0] as string, command.slice(1), {
    cwd: path,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  // A command that doesn't read what it is given ends before.
  child.stdin.on('error', () => {}).end(input);
  const [out, remarks, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, lines: out.split('\n').slice(0, -1), remarks };
}
