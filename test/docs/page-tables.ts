import { readPage } from '../support/pages.js';

/** The rows of all tables under a heading of a page, each as its cells; only of the first when there is none. */
export async function rowsUnder(page: string, heading: string): Promise<string[][]> {
  const lines = (await readPage(page)).split('\n');
  const start = lines.findIndex((line) => line.replace(/^#+ /, '') === heading && line.startsWith('#'));
  if (start === -1) throw new Error(`${page} has no heading ${heading}`);
  const length = lines.slice(start + 1).findIndex((line) => line.startsWith('#'));
  return rowsIn(lines.slice(start + 1, length === -1 ? undefined : start + 1 + length));
}

/** The headings of a page, of every depth below the title. */
export async function headingsOf(page: string): Promise<string[]> {
  const text = (await readPage(page)).replace(/^```.*?^```$/gms, '');
  return [...text.matchAll(/^##+ (.*)$/gm)].map(([, heading = '']) => heading);
}

/** What stands between backticks, or the whole text where nothing does. */
export function code(cell = ''): string {
  return /`([^`]*)`/.exec(cell)?.[1] ?? cell;
}

function rowsIn(lines: readonly string[]): string[][] {
  const rows = lines.filter((line) => line.startsWith('|')).map(cellsOf);
  return rows.filter((row, index) => !isRule(row) && !isRule(rows[index + 1] ?? []));
}

/** The line below a table's head. */
function isRule(cells: readonly string[]): boolean {
  return cells.length > 0 && cells.every((cell) => /^:?-+:?$/.test(cell));
}

function cellsOf(line: string): string[] {
  const cells = line.split(/(?<!\\)\|/).slice(1, -1);
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'));
}
