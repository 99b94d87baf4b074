import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** Git failed, or there is none. */
export class GitError extends Error {}

/** A git process; what it prints has to be read. */
export interface GitProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /**
   * Waits for its end.
   *
   * @throws {GitError} when it ended with an error
   */
  succeeded(): Promise<void>;
}

/** Nothing here runs what a repository's configuration names, asks a person, or lets other objects stand in. */
const CAUTION = ['--no-pager', '--no-replace-objects', '-c', 'core.fsmonitor=false'];
const MAX_COMPLAINT_LENGTH = 2_000;

/** Starts git in a folder, which may belong to a stranger's repository. */
export function startGit(folder: string, args: readonly string[]): GitProcess {
  const child = spawn('git', [...CAUTION, ...args], { cwd: folder, env: environment(), stdio: 'pipe' });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-MAX_COMPLAINT_LENGTH);
  });
  // Whoever feeds a process that has ended learns it from its exit code.
  child.stdin.on('error', () => {});
  const ended = endOf(child);
  // Who never comes to wait for the end is busy with an earlier error.
  ended.catch(() => {});
  const succeeded = async () => {
    const code = await ended;
    if (code !== 0) throw new GitError(`git ${args[0]}: ${reasonIn(complaint) || `ended with ${code}`}`);
  };
  return { stdin: child.stdin, stdout: child.stdout, succeeded };
}

/** All that git prints when it is run in a folder. */
export async function gitOutput(folder: string, ...args: string[]): Promise<Buffer> {
  const git = startGit(folder, args);
  git.stdin.end();
  const chunks: Buffer[] = [];
  for await (const chunk of git.stdout) chunks.push(chunk);
  await git.succeeded();
  return Buffer.concat(chunks);
}

/** One line of all that git complained about. */
function reasonIn(complaint: string): string | undefined {
  const lines = complaint.split('\n');
  return lines.find((line) => /^(fatal|error):/.test(line)) ?? lines[0];
}

async function endOf(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<number | string> {
  try {
    const [code, signal] = await once(child, 'close');
    return code ?? signal;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new GitError(isMissing ? 'git is not installed' : 'git could not be started');
  }
}

/**
 * The caller's environment but for what points git elsewhere: in a hook, `GIT_DIR` and its like name the repository of the
 * hook. What configures git stays.
 */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^GIT_(?!CONFIG|EXEC_PATH)/.test(name));
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    GIT_NO_LAZY_FETCH: '1',
    // For versions of git that don't know the line above: no way to fetch is allowed.
    GIT_ALLOW_PROTOCOL: '',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
  };
}
