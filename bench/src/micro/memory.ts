import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is held once nothing else is left, in bytes: on the heap and in buffers. */
export async function heldBytes(): Promise<number> {
  // Buffers that tables have outgrown are given back by another thread, some time after the collection.
  for (let turn = 0; turn < 5; turn++) {
    collectGarbage();
    await setTimeout(50);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** What something holds more than before, for each of its entries, in bytes. */
export async function bytesPerEntry<Made>(
  entries: number,
  make: () => Made,
): Promise<{ made: Made; bytes: number }> {
  const before = await heldBytes();
  const made = make();
  return { made, bytes: ((await heldBytes()) - before) / entries };
}
