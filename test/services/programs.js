import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where Debian keeps PostgreSQL's programs, by version; only some of them are on the PATH. */
const DEBIAN = '/usr/lib/postgresql';

/** The path of a Redis, or of a Valkey, which does the same; undefined where there is none. */
export function redisProgram() {
  return programOnPath('redis-server', 'valkey-server');
}

/** Debian keeps it where only the superuser looks. */
export function pgbouncerProgram() {
  return programOnPath('pgbouncer') ?? ['/usr/sbin/pgbouncer'].find((path) => existsSync(path));
}

/** What gives a process a clock of its own; undefined where there is none. */
export function faketimeLibrary() {
  const name = 'faketime/libfaketime.so.1';
  const folders = existsSync('/usr/lib')
    ? readdirSync('/usr/lib').filter((one) => one.includes('-linux-'))
    : [];
  return folders.map((folder) => join('/usr/lib', folder, name)).find((path) => existsSync(path));
}

/** The path of Apache, which has the module that makes it a relying party; undefined where one of them is missing. */
export function apacheProgram() {
  const hasModule = existsSync('/usr/lib/apache2/modules/mod_auth_openidc.so');
  const found = programOnPath('apache2') ?? ['/usr/sbin/apache2'].find((path) => existsSync(path));
  return hasModule ? found : undefined;
}

/** The path of Caddy, a proxy; undefined where there is none. */
export function caddyProgram() {
  return programOnPath('caddy');
}

/** The folder of the programs of Debian's OAuth agent; undefined where there are none. */
export function oidcAgentPrograms() {
  return foldersOnPath().find((folder) =>
    ['oidc-agent', 'oidc-gen'].every((name) => existsSync(join(folder, name))),
  );
}

/** The path of Chromium; undefined where there is none. */
export function chromiumProgram() {
  return programOnPath('chromium', 'chromium-browser', 'google-chrome');
}

/** The path of Debian's authenticator; undefined where there is none. */
export function oathtoolProgram() {
  return programOnPath('oathtool');
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

/** @param {string[]} names */
function programOnPath(...names) {
  return names
    .flatMap((name) => foldersOnPath().map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

function foldersOnPath() {
  return (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
}
