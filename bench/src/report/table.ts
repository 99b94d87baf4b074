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

/** The median with the least and the most. */
export function shownFigure({ median, min, max }: { median: number; min: number; max: number }): string {
  return `${shown(median)} (${shown(min)} to ${shown(max)})`;
}
