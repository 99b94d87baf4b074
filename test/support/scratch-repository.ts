import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** A folder outside of this repository, with or without a git repository of its own. Remove it when the test is over. */
export class ScratchFolder {
  private constructor(readonly path: string) {}

  static async make(): Promise<ScratchFolder> {
    return new ScratchFolder(await mkdtemp(join(tmpdir(), 'portcullis-scratch-')));
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true });
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.path, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }

  /** Runs git in the folder, whatever is configured on this machine. */
  async git(...args: string[]): Promise<string> {
    const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
    const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
    const { stdout } = await promisify(execFile)('git', [...identity, ...args], { cwd: this.path, env });
    return stdout;
  }

  /** Makes the folder a repository, and commits a file. */
  async commit(name: string, content: string | Uint8Array, message = `Write ${name}`): Promise<void> {
    await this.git('init', '--quiet', '--initial-branch=main');
    await this.write(name, content);
    await this.git('add', '--all');
    await this.git('commit', '--quiet', `--message=${message}`);
  }
}
