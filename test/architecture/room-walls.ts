import { type Arrow, arrowsOf, circles, undeclared, unneeded, upward } from './arrows.js';
import type { Import } from './imports.js';
import type { Restricted, Table } from './tables.js';

const HOUSE = 'libs/auth/src/';

/** What is wrong with the rooms of `libs/auth/src`, by the names of its files and by all imports. Specs are no part of a room. */
export function roomViolations(files: readonly string[], imports: readonly Import[], rooms: Table): string[] {
  const arrows = roomArrows(imports);
  const inhabited = new Map<string, string>();
  for (const file of files) {
    const room = roomOf(file);
    if (room !== undefined && !inhabited.has(room)) inhabited.set(room, file);
  }
  return [
    ...[...inhabited]
      .filter(([room]) => rooms[room] === undefined)
      .map(([room, file]) => `${room} is not in the table of rooms: ${file}`),
    ...Object.keys(rooms)
      .filter((room) => !inhabited.has(room))
      .map((room) => `${room} stands in the table of rooms, but holds no file`),
    ...undeclared(rooms, arrows),
    ...unneeded(rooms, arrows),
    ...upward(rooms),
    ...circles(arrows),
  ];
}

/** Which room imports which. */
export function roomArrows(imports: readonly Import[]): Arrow[] {
  return arrowsOf(imports, ({ file, target = '' }) => {
    const [from, to] = [roomOf(file), roomOf(target)];
    return from === to ? [undefined, undefined] : [from, to];
  });
}

/** Modules that a room imports though it may not, and rooms that may though they don't. */
export function restrictedViolations(
  imports: readonly Import[],
  { holds, modules, rooms }: Restricted,
): string[] {
  const importing = new Set<string>();
  const broken: string[] = [];
  for (const one of imports) {
    const room = roomOf(one.file);
    if (room === undefined || !isOneOf(modules, one.specifier)) continue;
    importing.add(room);
    const row = rooms[room];
    const line = `${holds}: ${one.file} imports ${one.specifier}`;
    if (row === undefined) broken.push(`${line}; only these may: ${Object.keys(rooms).join(', ') || 'none'}`);
    else if (row.onlyTypes !== undefined && !takesOnly(one, row.onlyTypes))
      broken.push(`${line}; ${room} may take only types: ${row.onlyTypes.join(', ')}`);
  }
  const idle = Object.keys(rooms).filter((room) => !importing.has(room));
  return [...broken, ...idle.map((room) => `${holds}: ${room} stands in the table, but imports none`)];
}

function takesOnly({ isType, names }: Import, types: readonly string[]): boolean {
  return isType && names.every((name) => types.includes(name));
}

function isOneOf(modules: readonly string[], specifier = ''): boolean {
  const name = specifier.replace(/^node:/, '');
  return modules.some((module) =>
    module.endsWith('*')
      ? name.startsWith(module.slice(0, -1))
      : name === module || name.startsWith(`${module}/`),
  );
}

/** The room of a file: the folder, or the file that is a room by itself. */
function roomOf(file: string): string | undefined {
  if (!file.startsWith(HOUSE) || /\.spec(-support)?\.ts$/.test(file)) return undefined;
  return file
    .slice(HOUSE.length)
    .split('/')[0]
    ?.replace(/\.[jt]s$/, '');
}
