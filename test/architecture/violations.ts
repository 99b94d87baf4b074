import { importsOf } from './imports.js';
import { packageViolations } from './package-walls.js';
import { restrictedViolations, roomViolations } from './room-walls.js';
import type { Tables } from './tables.js';

/**
 * What breaks a wall, or lets a table say what is no longer so; each in one line.
 *
 * @param files sources, and the `package.json` of each package, by their paths from the root of the repository
 */
export function violationsIn(
  files: ReadonlyMap<string, string>,
  { rooms, restricted, packages }: Tables,
): string[] {
  const imports = importsOf(files);
  return [
    ...roomViolations([...files.keys()], imports, rooms),
    ...restricted.flatMap((row) => restrictedViolations(imports, row)),
    ...packageViolations(files, imports, packages),
  ];
}
