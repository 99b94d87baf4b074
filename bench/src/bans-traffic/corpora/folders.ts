import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** The paths of all files below a folder, in the order of the alphabet. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesBelow(path) : [path];
    });
}

/** The texts of all files below a folder whose names end so, with their names. */
export function textsBelow(folder: string, ending: string): { name: string; path: string; text: string }[] {
  return filesBelow(folder)
    .filter((path) => path.endsWith(ending))
    .map((path) => ({ name: basename(path), path, text: readFileSync(path, 'utf8') }));
}
