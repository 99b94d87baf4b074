import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SortedEntries } from './sorted-entries.js';

/** Entries that are forgotten at a time: few milliseconds' worth. */
const AT_ONCE = 1_000;

/** Forgets, bit by bit, the entries that come first, up to one that stays. */
export async function forgetFirst<Position, Entry extends Position>(
  entries: SortedEntries<Position, Entry>,
  isOver: (entry: Entry) => boolean,
  forget: (entry: Entry) => void,
): Promise<void> {
  for (;;) {
    const part: Entry[] = [];
    for (const entry of entries.upwards()) {
      if (part.length === AT_ONCE || !isOver(entry)) break;
      part.push(entry);
    }
    for (const entry of part) forget(entry);
    if (part.length < AT_ONCE) return;
    await nextTurn();
  }
}
