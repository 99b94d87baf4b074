import type { MicroRow } from '../results.js';
import { Child } from '../servers/child.js';

/** More than are remembered of anything, so that whatever has no bound shows. */
const ADDRESSES = 300_000;
/** Half an hour. */
const VERY_MANY_ADDRESSES = 10_000_000;

export async function measureManyAddresses(isFull: boolean): Promise<MicroRow[]> {
  const child = new Child('endurance/many-addresses-process.js');
  try {
    return await child.ask<MicroRow[]>({ addresses: isFull ? VERY_MANY_ADDRESSES : ADDRESSES });
  } finally {
    child.stop();
  }
}
