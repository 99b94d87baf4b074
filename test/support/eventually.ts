import { setTimeout as pause } from 'node:timers/promises';

/** Looks again and again, for at most twenty seconds, until something is so. */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('This never came to be');
    await pause(5);
  }
}
