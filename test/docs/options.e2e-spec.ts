import { type OptionFacts, optionsOf } from './option-classes.js';
import { code, headingsOf, rowsUnder } from './page-tables.js';
import { defaultsIn, moduleAt, propertiesOf, sourcesUnder } from './source.js';

const PAGE = 'docs/reference/options.md';

/** Where each class of options stands in the page. */
const CLASSES: Readonly<Record<string, string>> = {
  RootOptions: 'Beside the sections',
  TokenOptions: '`tokens`',
  OwnIssuerOptions: '`tokens.issuer`',
  TrustedIssuerOptions: '`tokens.trustedIssuers`',
  TrustedLoginOptions: '`tokens.trustedLogins`',
  ReactionOptions: '`tokens.reactions`',
  ApiKeyOptions: '`apiKeys`',
  PersonalTokenOptions: '`apiKeys.personalTokens`',
  BanOptions: '`bans`',
  TarpitOptions: '`bans.tarpit`',
  ChallengeOptions: '`bans.challenge`',
  OriginOptions: '`bans.origins`',
  BanFeedOptions: '`bans.feeds`',
  RateLimitOptions: '`rateLimits`',
  BindingOptions: '`binding`',
  PasswordOptions: '`passwords`',
  SessionOptions: '`sessions`',
  MfaOptions: '`mfa`',
  EventOptions: '`events`',
  AuditOptions: '`audit`',
  ReplicationOptions: '`replication`',
  LeakReportOptions: '`PortcullisLeakReportsModule.register()`',
};

/** The options of functions: no class, but types of a file, and defaults in the parameters of its functions. */
const FUNCTIONS: Readonly<Record<string, readonly (readonly [file: string, ...types: string[]])[]>> = {
  '`sqlite()`': [
    ['libs/sql/src/sqlite/sqlite.ts', 'SqliteOptions'],
    ['libs/sql/src/sql-stores.ts', 'SqlStorageOptions'],
  ],
  '`postgres()`': [
    ['libs/sql/src/postgres/postgres.ts', 'PostgresConnection', 'PostgresTables'],
    ['libs/sql/src/sql-stores.ts', 'SqlStorageOptions'],
  ],
  '`redis()`': [['libs/redis/src/redis.ts', 'RedisStorageOptions']],
  '`PortcullisAdminModule.register()`': [['libs/auth/src/admin/admin.module.ts', 'PortcullisAdminOptions']],
  '`PortcullisSessionsModule.register()`': [
    ['libs/auth/src/sessions/sessions.module.ts', 'PortcullisSessionsOptions'],
  ],
  '`PortcullisMfaModule.register()`': [['libs/auth/src/mfa/mfa.module.ts', 'PortcullisMfaOptions']],
  '`PortcullisPasskeysModule.register()`': [
    ['libs/passkeys/src/passkeys.module.ts', 'PortcullisPasskeysOptions'],
    ['libs/passkeys/src/passkey-settings.ts', 'PasskeySettings'],
  ],
  '`PortcullisOAuthServerModule.register()`': [
    ['libs/oauth/src/server/oauth-server-options.ts', 'PortcullisOAuthServerOptions'],
    ['libs/oauth/src/server/oauth-server.module.ts'],
  ],
  '`PortcullisLoginModule.register()`': [['libs/oauth/src/login/login.module.ts', 'PortcullisLoginOptions']],
  '`PortcullisConsentsModule.register()`': [
    ['libs/auth/src/oauth/consents.module.ts', 'PortcullisConsentsOptions'],
  ],
  '`PortcullisPersonalTokensModule.register()`': [
    ['libs/auth/src/api-keys/personal-tokens.module.ts', 'PortcullisPersonalTokensOptions'],
  ],
};

const { DEFAULT_STRIKE_RULES } = await moduleAt('libs/auth/src/bans/default-strike-rules.ts');
const { DEFAULT_CRAWLERS } = await moduleAt('libs/auth/src/bans/crawlers/known-crawlers.ts');
const { ASYMMETRIC_ALGORITHMS } = await moduleAt('libs/auth/src/tokens/verification-key.ts');
const named = new Map<unknown, string>([
  [DEFAULT_STRIKE_RULES, 'DEFAULT_STRIKE_RULES'],
  [DEFAULT_CRAWLERS, 'DEFAULT_CRAWLERS'],
  [ASYMMETRIC_ALGORITHMS, 'ASYMMETRIC_ALGORITHMS'],
  [Date.now, 'Date.now'],
]);

const files = await sourcesUnder('libs/auth/src', '.options.ts');
const modules: Record<string, unknown>[] = [];
// One after the other: Jest links no two modules at a time that share a third.
for (const file of files) modules.push(await moduleAt(file));
const classes = Object.fromEntries(
  modules.flatMap((exports) => Object.entries(exports).filter(([, value]) => /^class /.test(String(value)))),
) as Record<string, new () => object>;

/** What stands beside the sections, and is no option of a class by itself. */
const WHOLE = [
  'extensions',
  'storage',
  'stores',
  'tokens',
  'apiKeys',
  'bans',
  'rateLimits',
  'binding',
  'passwords',
  'sessions',
  'mfa',
  'events',
  'audit',
  'replication',
];

async function shown(heading: string): Promise<Omit<OptionFacts, 'values'>[]> {
  const rows = await rowsUnder(PAGE, heading);
  return rows
    .map(([name, type = '', value = '']) => ({ name: code(name), type, default: value }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

it('every class of options has its table, and the page has no other', async () => {
  expect(Object.keys(classes).sort()).toEqual(Object.keys(CLASSES).sort());
  expect((await headingsOf(PAGE)).sort()).toEqual(
    [...Object.values(CLASSES), ...Object.keys(FUNCTIONS)].sort(),
  );
});

it.each(Object.entries(CLASSES))(
  '%s has each option with its type, limits and default',
  async (name, heading) => {
    const options = optionsOf(classes[name] as new () => object, named);
    const table = (await shown(heading)).filter((row) => name !== 'RootOptions' || !WHOLE.includes(row.name));
    expect(table).toEqual(
      options.map(({ values: _, ...facts }, index) => ({ ...facts, type: facts.type ?? table[index]?.type })),
    );
    for (const { name, values } of options) {
      const type = table.find((row) => row.name === name)?.type;
      for (const value of values) expect(type).toContain(JSON.stringify(value).replaceAll('"', "'"));
    }
  },
);

it('every section of the options is there', async () => {
  const given = await propertiesOf('libs/auth/src/composition/portcullis.options.ts', 'PortcullisOptions');
  const names = (await shown('Beside the sections')).map(({ name }) => name);
  expect([...given, 'extensions'].sort()).toEqual([...WHOLE].sort());
  expect(names).toEqual(expect.arrayContaining(WHOLE));
});

it.each(Object.entries(FUNCTIONS))('%s has each option with its default', async (heading, sources) => {
  const table = await shown(heading);
  const names = await Promise.all(sources.map(([file, ...types]) => propertiesOf(file, ...types)));
  expect(table.map(({ name }) => name)).toEqual([...new Set(names.flat())].sort());
  const defaults = new Map(
    (await Promise.all(sources.map(([file]) => defaultsIn(file)))).flatMap((all) => [...all]),
  );
  for (const { name, default: shownDefault } of table) {
    const value = defaults.get(name);
    if (value === undefined) expect(['none', 'required', 'see below']).toContain(shownDefault);
    else expect([name, shownDefault]).toEqual([name, `\`${value}\``]);
  }
});
