import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BenchArguments, readArguments } from './arguments.js';
import { FULL_PACE, QUICK_PACE } from './pace.js';
import { PARTS, type Part } from './parts.js';
import { lineChart } from './report/line-chart.js';
import { machine, versions } from './report/machine.js';
import { report } from './report/tables.js';
import type { GrowthFigure, Results } from './results.js';
import { Bench } from './scenarios/bench.js';

const FIGURES = fileURLToPath(new URL('../figures/', import.meta.url));

async function main(): Promise<void> {
  const names = PARTS.map(({ name }) => name);
  const options = readArguments(process.argv.slice(2), names);
  const bench = await Bench.start(options.quick ? QUICK_PACE : FULL_PACE, options.profile);
  try {
    const results = await measureAll(bench, options);
    await writeFigures(results.growth);
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, null, 2)}\n`);
    console.log(report(results));
  } finally {
    bench.stop();
  }
}

async function measureAll(bench: Bench, options: BenchArguments): Promise<Results> {
  const [rows, micro, growth, boot, traffic] = [[], [], [], [], []] as [
    Results['rows'][number][],
    Results['micro'][number][],
    GrowthFigure[],
    Results['boot'][number][],
    Results['traffic'][number][],
  ];
  for (const part of PARTS.filter((each) => isWanted(each, options))) {
    const begin = performance.now();
    const found = await part.measure(bench, options);
    rows.push(...(found.rows ?? []));
    micro.push(...(found.micro ?? []));
    growth.push(...(found.growth ?? []));
    boot.push(...(found.boot ?? []));
    traffic.push(...(found.traffic ?? []));
    console.error(`${part.name}: ${Math.round((performance.now() - begin) / 1_000)} s`);
  }
  return { machine: machine(), versions: versions(), rows, micro, growth, boot, traffic };
}

function isWanted({ name, isQuick, needsMore }: Part, { only, quick }: BenchArguments): boolean {
  return only === undefined ? needsMore !== true && (isQuick || !quick) : name === only;
}

async function writeFigures(figures: readonly GrowthFigure[]): Promise<void> {
  await mkdir(FIGURES, { recursive: true });
  for (const figure of figures) await writeFile(`${FIGURES}${figure.file}`, lineChart(figure));
}

await main();
