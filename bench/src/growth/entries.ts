import { figureOf } from '../figures.js';
import { banCost } from '../micro/bans.js';
import { revocationCost } from '../micro/revocations.js';
import type { GrowthFigure } from '../results.js';

const SIZES = [1_000, 10_000, 100_000, 1_000_000];

/** What the checks of every request cost with more and more entries. */
export async function growthByEntries(rounds: number): Promise<GrowthFigure> {
  const costs: Readonly<Record<string, number[]>> = {
    'ban lookup that misses': [],
    'Map.get, the text of an address': [],
    'revocation check': [],
    'Map.get, the id of a token': [],
  };
  for (const size of SIZES) {
    const bans = await banCost(size, rounds);
    const revocations = await revocationCost(size, rounds);
    const ofSize = [bans.ours, bans.map, revocations.ours, revocations.map];
    for (const [index, list] of Object.values(costs).entries()) {
      list.push(figureOf(ofSize[index] as number[]).median);
    }
  }
  return {
    file: 'growth-entries.svg',
    title: 'The checks of every request, by the number of entries',
    xTitle: 'bans, or revocations',
    yTitle: 'ns per check',
    series: Object.entries(costs).map(([name, values]) => ({
      name,
      points: values.map((y, index) => ({ x: SIZES[index] as number, y })),
    })),
  };
}
