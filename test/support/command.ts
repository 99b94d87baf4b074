import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { repository } from './pages.js';

export interface Ended {
  readonly code: number;
  /** What was said on standard output, line by line. */
  readonly lines: string[];
  readonly remarks: string;
}

export interface Surroundings {
  /** The folder that the command is run in. */
  readonly path: string;
  /** Environment variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** What comes from standard input. */
  readonly input?: string;
  /** What starts it, such as `unshare` with its options; the command comes behind. */
  readonly starter?: readonly string[];
}

/** Runs the built command `portcullis` as a process of its own, to its end. */
export async function portcullis(
  { path, env, input, starter = [] }: Surroundings,
  ...args: string[]
): Promise<Ended> {
  const command = join(repository, 'libs/cli/bin/portcullis.js');
  const [program, ...rest] = [...starter, process.execPath, command, ...args] as [string, ...string[]];
  const child = spawn(program, rest, {
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
