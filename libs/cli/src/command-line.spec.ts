import { run } from './command-line.js';

/** What would begin a line of its own, steer a terminal, or turn the direction of writing. */
const ODD = 'x\nFAKE\r\t\u001b[2J\u009b2J\u007f\u2028\u202e\u2066';
const STEERING = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u;
const NO_PLACE = { DATABASE_URL: '', DATA: '', REDIS_URL: '', PORTCULLIS_STORE: '', ISSUER: '' };

/** All that a command prints. */
async function printedBy(argv: readonly string[], environment: Record<string, string>): Promise<string> {
  const lines: string[] = [];
  const before = { ...process.env };
  Object.assign(process.env, NO_PLACE, environment);
  try {
    await run(argv, { say: (line) => lines.push(line), remark: (line) => lines.push(line) });
  } finally {
    process.env = before;
  }
  return lines.join('\n');
}

describe('a command that is given what steers terminals', () => {
  it.each<[string, readonly string[], Record<string, string>]>([
    ['as a verb', [ODD], {}],
    ['as what a verb does', ['bans', ODD], {}],
    ['as an option', ['bans', 'list', `--${ODD}`], {}],
    ['as one argument too many', ['bans', 'list', ODD], {}],
    ['as a store', ['bans', 'list', '--store', ODD], {}],
    ['as a store of the environment', ['bans', 'list'], { PORTCULLIS_STORE: ODD }],
    ['as a format', ['bans', 'export', '--format', ODD], {}],
    ['as a file to import', ['bans', 'import', ODD, '--reason', 'why', '--store', 'none.db'], {}],
    ['as a network', ['bans', 'why', ODD, '--store', 'none.db'], {}],
    ['as a number', ['bans', 'ban', '192.0.2.1', '--reason', 'why', '--seconds', ODD], {}],
    ['as a kind of client', ['clients', 'create', '--name', 'Shop', '--kind', ODD], {}],
    ['as the id of a client', ['clients', 'disable', ODD, '--file', `${ODD}.db`], {}],
    ['as seconds of a client', ['clients', 'rotate', 'shop', '--overlap', ODD], {}],
    ['as a subject', ['factors', 'list', '--subject', ODD, '--issuer', ODD, '--file', 'none.db'], {}],
    ['as a factor', ['factors', 'remove', ODD, '--file', ODD], {}],
    ['as keys of the environment', ['factors', 'reseal'], { KEY_ENCRYPTION_KEY: ODD, DATABASE_URL: ODD }],
    ['as an issuer', ['revoke', '--all-before', 'now', '--issuer', ODD, '--reason', 'why'], {}],
    ['as a time', ['revoke', '--all-before', ODD, '--issuer', 'https://a.example', '--reason', 'why'], {}],
    ['as a file of a URL', ['migrate', '--url-file', ODD], {}],
    ['as a URL', ['migrate', '--url', `postgres://${ODD}`], {}],
    ['as a schema', ['migrate', '--url', 'postgres://127.0.0.1:1/a', '--schema', ODD], {}],
    ['as a file', ['migrate', '--file', `${ODD}/none.db`, '--check'], {}],
    ['in each variable', ['doctor'], { ...each(ODD), DATABASE_URL: '' }],
    [
      'in the URL of a database',
      ['doctor', '--json'],
      { DATABASE_URL: `postgres://${ODD}@127.0.0.1:1/${ODD}` },
    ],
    ['as a path', ['scan', ODD], {}],
    ['as a prefix', ['scan', '.', '--prefix', ODD], {}],
  ])('%s prints it in a form that does not', async (_, argv, environment) => {
    const printed = await printedBy(argv, environment);
    expect(printed).not.toBe('');
    expect(printed).not.toMatch(STEERING);
    expect(printed).not.toMatch(/^FAKE/m);
  });
});

/** Every variable that the doctor reads, but for the database. */
function each(value: string): Record<string, string> {
  const names = ['DATA', 'REDIS_URL', 'KEY_ENCRYPTION_KEY', 'ISSUER', 'TRUSTED_PROXIES', 'NODE_ENV'];
  return Object.fromEntries(names.map((name) => [name, value]));
}
