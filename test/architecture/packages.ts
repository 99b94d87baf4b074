import type { PackageTable } from './tables.js';

const AUTH = '@portcullis/auth';
const SQL = '@portcullis/sql';
const REDIS = '@portcullis/redis';
const PASSKEYS = '@portcullis/passkeys';
const OAUTH = '@portcullis/oauth';
const TESTING = '@portcullis/testing';

/**
 * The packages of this repository: where each lives, whom it may import by name, and why. What of a package may be imported is said by
 * `exports` in its package.json. A relative import stays in its package but for the folders under `byPath`.
 */
export const PACKAGES: PackageTable = {
  [AUTH]: {
    folder: 'libs/auth',
    holds: 'what a Nest app imports',
    imports: {},
    specs: { imports: { [TESTING]: 'feeds in memory' } },
  },
  [SQL]: {
    folder: 'libs/sql',
    holds: 'durable stores and the change feed in an SQL database',
    imports: { [AUTH]: 'ports' },
    specs: {
      imports: { [TESTING]: 'the contracts of the ports' },
      byPath: { 'test/support': 'database servers to try them on' },
    },
  },
  [REDIS]: {
    folder: 'libs/redis',
    holds: 'the change feed and shared counters in Redis',
    imports: { [AUTH]: 'ports' },
  },
  [TESTING]: {
    folder: 'libs/testing',
    holds: 'credentials for tests, and the contracts of the ports',
    imports: { [AUTH]: 'what is tested' },
  },
  [PASSKEYS]: {
    folder: 'libs/passkeys',
    holds: 'passkeys, as a login and as a second factor',
    imports: { [AUTH]: 'factors and logins, and what its routes share with the others' },
    specs: { imports: { [TESTING]: 'devices that answer' } },
  },
  [OAUTH]: {
    folder: 'libs/oauth',
    holds: 'an authorization server in the app, and logins by other issuers',
    imports: { [AUTH]: 'logins, tokens and stores, and what its routes share with the others' },
  },
  '@portcullis/cli': {
    folder: 'libs/cli',
    holds: 'the command',
    imports: {
      [AUTH]: 'its verbs are thin',
      [SQL]: 'the stores that it opens',
      [REDIS]: 'the feed by which it publishes changes',
    },
  },
  sample: {
    folder: 'apps/sample',
    holds: 'the sample application',
    imports: {
      [AUTH]: 'what it shows',
      [OAUTH]: 'what it shows',
      [PASSKEYS]: 'what it shows',
      [SQL]: 'where its data is',
      [REDIS]: 'how its instances stay equal',
    },
  },
  bench: {
    folder: 'bench',
    holds: 'measurements beside other libraries',
    imports: {
      [AUTH]: 'what is measured',
      [OAUTH]: 'what its boot costs',
      [SQL]: 'lists over very many rows',
    },
    byPath: { 'libs/auth/dist': 'parts that are not public are measured as they are built' },
  },
  test: {
    folder: 'test',
    holds: 'what crosses packages',
    imports: {
      [AUTH]: 'what is tested',
      [SQL]: 'what is tested',
      [REDIS]: 'what is tested',
      [PASSKEYS]: 'what is tested',
      [OAUTH]: 'what is tested',
      [TESTING]: 'what is tested, and tested with',
    },
    byPath: {
      'apps/sample/src': 'an application has no exports',
      'bench/src': 'measurements have no exports',
      'libs/cli/src': 'a command has no exports',
    },
    computed: 'the code of the pages is laid out in folders of its own',
  },
};
