import type { GrowthFigure } from '../results.js';
import type { Bench } from '../scenarios/bench.js';
import { Child } from '../servers/child.js';
import { growthByRoutes } from './routes.js';

/** How costs grow: with the routes of an app, and with what is kept in memory. */
export async function measureGrowth(bench: Bench): Promise<GrowthFigure[]> {
  const child = new Child('growth/entries-process.js');
  try {
    const byEntries = await child.ask<GrowthFigure>({ rounds: bench.pace.rounds });
    return [await growthByRoutes(bench), byEntries];
  } finally {
    child.stop();
  }
}
