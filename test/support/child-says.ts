import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

/**
 * What a child process says next on standard output.
 *
 * @throws Error with its last words when it ends before
 */
export async function nextFrom(child: ChildProcess): Promise<string> {
  let remarks = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    remarks += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => {
    throw new Error(`The process has ended (${signal ?? code}): ${remarks}`);
  });
  // Whoever has got what they wanted does not care how it ends.
  ended.catch(() => {});
  const [data] = await Promise.race([once(child.stdout as Readable, 'data'), ended]);
  return String(data);
}
