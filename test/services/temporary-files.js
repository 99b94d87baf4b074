import { readFileSync, statfsSync } from 'node:fs';

const IN_MEMORY = '/dev/shm';
/** Bytes; tests fill less than a tenth of it at a time, most with packages that npm installs. */
const ROOM = 4 * 1024 ** 3;

/**
 * Has tests write their temporary files, among them whole databases, into memory where the system has much of it: written to a disk they
 * cost several times as much. Whoever names a folder by `TMPDIR` is left with it.
 */
export function keepInMemory() {
  if (process.env.TMPDIR === undefined && hasRoom()) process.env.TMPDIR = IN_MEMORY;
}

function hasRoom() {
  try {
    // Containers may have it, but not for programs; and what is in it counts as their memory.
    if (!/^\S+ \/dev\/shm tmpfs rw(?!\S*\bnoexec\b)/m.test(readFileSync('/proc/self/mounts', 'utf8')))
      return false;
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize > ROOM && process.availableMemory() > 2 * ROOM;
  } catch {
    return false;
  }
}
