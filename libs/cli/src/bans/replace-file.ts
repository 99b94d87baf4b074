import { randomUUID } from 'node:crypto';
import { chmod, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';

/**
 * Puts a text into a file at once, so that nobody ever reads half of it, and the old one stays when something fails.
 *
 * @throws Error when the path is of something that is no file
 */
export async function replaceFile(path: string, blocks: AsyncIterable<string>): Promise<void> {
  // A link stays one.
  const target = await realpath(path).catch(() => path);
  const existing = await stat(target).catch(() => undefined);
  if (existing !== undefined && !existing.isFile()) throw new Error(`${path} is not a file`);
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, blocks, { flag: 'wx', flush: true });
    if (existing !== undefined) await chmod(temporary, existing.mode & 0o777);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
