import type { Import } from './imports.js';
import type { Table } from './tables.js';

/** That one room imports another, or one package: by these imports. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly by: readonly Import[];
}

/** The arrows that imports make; an import that has no name at one of its ends makes none. */
export function arrowsOf<T extends Import>(
  imports: readonly T[],
  ends: (one: T) => readonly [from: string | undefined, to: string | undefined],
): Arrow[] {
  const arrows = new Map<string, Arrow & { readonly by: Import[] }>();
  for (const one of imports) {
    const [from, to] = ends(one);
    if (from === undefined || to === undefined) continue;
    const name = `${from} -> ${to}`;
    const arrow = arrows.get(name) ?? { from, to, by: [] };
    arrow.by.push(one);
    arrows.set(name, arrow);
  }
  return [...arrows.values()];
}

/** Arrows that the table does not have. */
export function undeclared(table: Table, arrows: readonly Arrow[]): string[] {
  return arrows
    .filter(({ from, to }) => table[from]?.imports[to] === undefined)
    .map(({ from, to, by: [first, ...more] }) => {
      const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
      return `${from} -> ${to}: ${first?.file} imports ${first?.specifier}${others}`;
    });
}

/** Arrows of the table that nothing needs any more. */
export function unneeded(table: Table, arrows: readonly Arrow[]): string[] {
  const needed = new Set(arrows.map(({ from, to }) => `${from} -> ${to}`));
  return arrowsIn(table)
    .filter((name) => !needed.has(name))
    .map((name) => `${name} stands in the table, but no import needs it`);
}

/** Arrows of the table to what does not stand before: where there are none, there is no circle. */
export function upward(table: Table): string[] {
  const order = Object.keys(table);
  return Object.entries(table).flatMap(([from, { imports }]) =>
    Object.keys(imports)
      .filter((to) => order.indexOf(to) >= order.indexOf(from))
      .map((to) => `${from} -> ${to} goes up: ${to} does not stand before ${from} in the table`),
  );
}

/** Circles of real arrows, whatever the table says: of each knot the shortest. */
export function circles(arrows: readonly Arrow[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of arrows) next.set(from, [...(next.get(from) ?? []), to].sort());
  const told = new Set<string>();
  return [...next.keys()].sort().flatMap((start) => {
    if (told.has(start)) return [];
    const knot = [...reachable(start, next)].filter((room) => reachable(room, next).has(start)).sort();
    for (const room of knot) told.add(room);
    const [shortest] = knot
      .map((room) => circleThrough(room, next))
      .sort((one, other) => one.length - other.length);
    if (shortest === undefined) return [];
    const further = knot.length > new Set(shortest).size ? `, in a knot of ${knot.join(', ')}` : '';
    return [`a circle: ${shortest.join(' -> ')}${further}`];
  });
}

function arrowsIn(table: Table): string[] {
  return Object.entries(table).flatMap(([from, { imports }]) =>
    Object.keys(imports).map((to) => `${from} -> ${to}`),
  );
}

/** What the arrows lead to, from here; itself only by a circle. */
function reachable(start: string, next: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>();
  const open = [start];
  for (let room = open.pop(); room !== undefined; room = open.pop()) {
    for (const to of next.get(room) ?? []) {
      if (found.has(to)) continue;
      found.add(to);
      open.push(to);
    }
  }
  return found;
}

/** The shortest way back to where it began; there is one. */
function circleThrough(start: string, next: ReadonlyMap<string, readonly string[]>): string[] {
  const seen = new Set<string>();
  let ways: string[][] = [[start]];
  while (ways.length > 0) {
    const longer: string[][] = [];
    for (const way of ways) {
      for (const to of next.get(way.at(-1) as string) ?? []) {
        if (to === start) return [...way, to];
        if (seen.has(to)) continue;
        seen.add(to);
        longer.push([...way, to]);
      }
    }
    ways = longer;
  }
  return [];
}
