import { join } from 'node:path';
import { argumentsOf } from '../arguments.js';
import { EXIT, type ExitCode, type Output } from '../output.js';
import { printableJson } from '../printable.js';
import { UsageError, type Verb } from '../verb.js';
import { endpointFrom } from './endpoint.js';
import { type Examination, examine } from './examination.js';
import { type Finding, lineOf } from './finding.js';
import { checkIssuer } from './settings/issuer-check.js';
import { checkKeys } from './settings/key-check.js';
import { checkProxies } from './settings/proxy-check.js';

const USAGE = `portcullis doctor [--file <file>] [--json]

Checks what the environment names against the services that run, and says what is wrong and what to do. Nothing is changed.

  --file <file>  the SQLite file of @portcullis/sql, instead of DATABASE_URL and DATA
  --json         one JSON object in each line

  DATABASE_URL         a PostgreSQL
  DATA                 the folder of a portcullis.db, where there is no DATABASE_URL
  REDIS_URL            a Redis or Valkey
  KEY_ENCRYPTION_KEY   keys of 32 bytes as base64 or base64url, separated by commas
  ISSUER               the URL that tokens name as theirs
  TRUSTED_PROXIES      addresses and networks, separated by commas
  NODE_ENV             with production, ISSUER must be more than this machine

Ends with 0, with 1 when something fails, or with 2 when there is nothing to check.`;

type Environment = Readonly<Record<string, string | undefined>>;

export const doctor: Verb = {
  usage: USAGE,
  async run(args: readonly string[], output: Output): Promise<ExitCode> {
    const { values, positionals } = argumentsOf(args, {
      file: { type: 'string' },
      json: { type: 'boolean' },
    });
    if (positionals.length > 0 || values.file === '') throw new UsageError();
    const services = await servicesIn(process.env, values.file);
    const settings = settingsIn(process.env);
    if (services.length + settings.length === 0)
      throw new UsageError('There is nothing to check: no variable is set, and no --file is named.');
    // Side by side, so that several that don't answer take no longer than one.
    const found = await Promise.all(
      services.map(async (service) => ('state' in service ? [service] : examine(service))),
    );
    const findings = [...found.flat(), ...settings];
    for (const finding of findings) output.say(values.json ? printableJson(finding) : lineOf(finding));
    return findings.some(({ state }) => state === 'FAIL') ? EXIT.found : EXIT.clean;
  },
};

/** What can be examined, or why it can't. The drivers are loaded only here, so that other verbs need none. */
async function servicesIn(environment: Environment, file?: string): Promise<(Examination | Finding)[]> {
  const services = await Promise.all([databaseIn(environment, file), redisIn(environment)]);
  return services.filter((service) => service !== undefined);
}

async function databaseIn(
  { DATABASE_URL, DATA }: Environment,
  file: string | undefined,
): Promise<Examination | Finding | undefined> {
  if (file === undefined && DATABASE_URL) {
    const endpoint = endpointFrom('DATABASE_URL', DATABASE_URL, ['postgres', 'postgresql'], 5432);
    if ('state' in endpoint) return endpoint;
    return (await import('./postgres/postgres-examination.js')).postgresExamination(endpoint);
  }
  const path = file ?? (DATA ? join(DATA, 'portcullis.db') : undefined);
  if (path === undefined) return undefined;
  return (await import('./sqlite/sqlite-examination.js')).sqliteExamination(path);
}

async function redisIn({ REDIS_URL }: Environment): Promise<Examination | Finding | undefined> {
  if (!REDIS_URL) return undefined;
  const endpoint = endpointFrom('REDIS_URL', REDIS_URL, ['redis', 'rediss'], 6379);
  if ('state' in endpoint) return endpoint;
  return (await import('./redis/redis-examination.js')).redisExamination(endpoint);
}

function settingsIn({ KEY_ENCRYPTION_KEY, ISSUER, TRUSTED_PROXIES, NODE_ENV }: Environment): Finding[] {
  return [
    ...(KEY_ENCRYPTION_KEY ? [checkKeys(KEY_ENCRYPTION_KEY)] : []),
    ...(ISSUER ? [checkIssuer(ISSUER, NODE_ENV === 'production')] : []),
    ...(TRUSTED_PROXIES ? [checkProxies(TRUSTED_PROXIES)] : []),
  ];
}
