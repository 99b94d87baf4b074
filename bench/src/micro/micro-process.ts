import 'reflect-metadata';
import type { MicroRow } from '../results.js';
import { MICRO_GROUPS, type MicroGroup, type MicroQuestion } from './micro-groups.js';

process.once('message', async ({ group, rounds }: MicroQuestion) => {
  const measureGroup: (rounds: number) => Promise<MicroRow[]> = await MICRO_GROUPS[group as MicroGroup]();
  process.send?.(await measureGroup(rounds));
});
process.on('disconnect', () => process.exit());
