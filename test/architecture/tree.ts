import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const repository = new URL('../../', import.meta.url).pathname;

/** Every source of the repository, and the `package.json` of each package, by their paths from its root. */
export function sourceTree(): ReadonlyMap<string, string> {
  const packages = [...within('libs'), ...within('apps'), 'bench'];
  const files = [
    ...packages.map((folder) => `${folder}/package.json`),
    ...[...packages.map((folder) => `${folder}/src`), 'test'].flatMap(sourcesIn),
  ];
  return new Map(
    files.filter(isThere).map((file) => [file, readFileSync(join(repository, file), 'utf8')] as const),
  );
}

function within(folder: string): string[] {
  return readdirSync(join(repository, folder)).map((name) => `${folder}/${name}`);
}

function sourcesIn(folder: string): string[] {
  if (!isThere(folder)) return [];
  return readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
    .sort()
    .filter((file) => file.endsWith('.ts') && !/(^|\/)(dist|node_modules)\//.test(file))
    .map((file) => `${folder}/${file}`);
}

function isThere(file: string): boolean {
  return existsSync(join(repository, file));
}
