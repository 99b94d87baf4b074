import { type Figure, isSteady } from '../figures.js';

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** A number with so many decimals as say something. */
export function shown(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString('en');
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

/** A ratio, unless its interval is too wide. */
export function shownRatio(figure: Figure): string {
  return isSteady(figure)
    ? shownFigure(figure)
    : `too unsteady (${shown(figure.low)} to ${shown(figure.high)})`;
}

/** The median with its interval. */
export function shownFigure({ median, low, high }: Figure): string {
  return `${shown(median)} (${shown(low)} to ${shown(high)})`;
}
