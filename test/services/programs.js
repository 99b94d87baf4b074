import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where Debian keeps PostgreSQL's programs, by version; only some of them are on the PATH. */
const DEBIAN = '/usr/lib/postgresql';

/** The path of a Redis, or of a Valkey, which does the same; undefined where there is none. */
export function redisProgram() {
  return ['redis-server', 'valkey-server']
    .flatMap((name) => foldersOnPath().map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

/** The folder of PostgreSQL's programs; undefined where there is none. */
export function postgresPrograms() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map(Number) : [];
  const installed = versions
    .toSorted((one, other) => other - one)
    .map((one) => join(DEBIAN, `${one}`, 'bin'));
  return [...foldersOnPath(), ...installed].find((folder) =>
    ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))),
  );
}

function foldersOnPath() {
  return (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
}
