import { setTimeout as pause } from 'node:timers/promises';

/** Looks again and again, for at most ten seconds, until something is so. */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('This never came to be');
    await pause(5);
  }
}
