import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';

/** A program of somebody else, which runs in a temporary folder until it is stopped. */
export class ForeignProgram {
  readonly folder: string;
  #child: ChildProcess | undefined;
  #said = '';

  /** @param logFile where in its folder it writes what it does not say */
  constructor(
    readonly name: string,
    private readonly logFile?: string,
  ) {
    this.folder = mkdtempSync(join(tmpdir(), `portcullis-${name}-`));
  }

  /** What it has said and written down so far. */
  get log(): string {
    const file = this.logFile && join(this.folder, this.logFile);
    return file && existsSync(file) ? this.#said + readFileSync(file, 'utf8') : this.#said;
  }

  /**
   * Resolves when it is ready.
   *
   * @throws Error with its last words when it ends before
   */
  async start(
    file: string,
    options: readonly string[],
    isReady: () => boolean | Promise<boolean>,
    env: NodeJS.ProcessEnv = process.env,
  ): Promise<void> {
    const child = spawn(file, options, { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (piece: Buffer) => {
        this.#said += piece;
      });
    await once(child, 'spawn');
    await eventually(() => {
      if (!isRunning(child)) throw new Error(`${this.name} has ended: ${this.log}`);
      return isReady();
    });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && isRunning(child)) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Whether a server answers, whatever it says. */
export function answers(asking: Promise<unknown>): Promise<boolean> {
  return asking.then(
    () => true,
    () => false,
  );
}
