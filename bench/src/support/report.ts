import { figureOf } from './measure.js';

/** Begins a table of results. */
export function printHead(): void {
  console.log('\n| what | measured, median (range over the rounds) | target |\n|---|---|---|');
}

/** One line of the table: the figure of what the rounds came to. */
export function report(what: string, unit: string, values: readonly number[], target: string): void {
  const { median, min, max } = figureOf(values);
  const [middle, least, most] = [median, min, max].map((value) => value.toFixed(2));
  const range = values.length > 1 ? ` (${least} to ${most})` : '';
  console.log(`| ${what} | ${middle}${unit && ` ${unit}`}${range} | ${target} |`);
}
