import type { Pace } from '../pace.js';
import type { MicroRow } from '../results.js';
import { Child } from '../servers/child.js';
import type { MicroGroup, MicroQuestion } from './micro-groups.js';

/** Measures one group. */
export async function measureMicro(group: MicroGroup, { rounds }: Pace): Promise<MicroRow[]> {
  const child = new Child('micro/micro-process.js');
  const question: MicroQuestion = { group, rounds };
  try {
    return await child.ask<MicroRow[]>(question);
  } finally {
    child.stop();
  }
}
