import { setImmediate as nextTurn } from 'node:timers/promises';

/** Does work that comes in steps, and lets requests have their turn in between. @param closing ends it */
export async function runYielding<T>(steps: Generator<void, T, void>, closing?: AbortSignal): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await nextTurn();
    closing?.throwIfAborted();
  }
}
