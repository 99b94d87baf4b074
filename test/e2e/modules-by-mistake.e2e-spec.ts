import { type DynamicModule, Module, type Type } from '@nestjs/common';
import * as auth from '@portcullis/auth';
import {
  PortcullisAdminModule,
  PortcullisConsentsModule,
  PortcullisLeakReportsModule,
  PortcullisMfaModule,
  PortcullisModule,
  PortcullisPersonalTokensModule,
  PortcullisSessionsModule,
} from '@portcullis/auth';
import * as login from '@portcullis/oauth/login';
import { github, PortcullisLoginModule } from '@portcullis/oauth/login';
import * as server from '@portcullis/oauth/server';
import { PortcullisOAuthServerModule } from '@portcullis/oauth/server';
import * as passkeys from '@portcullis/passkeys';
import { PortcullisPasskeysModule } from '@portcullis/passkeys';
import { ownTokens } from '../support/credentials.js';
import { boot, platforms } from '../support/platforms.js';
import { Users, UsersModule } from '../support/users.js';

type Registrable = Type & { register(options?: object): DynamicModule };

const sessionsOptions = { users: Users, imports: [UsersModule], clientId: 'web' };
const sessions = () => PortcullisSessionsModule.register(sessionsOptions);

/** Every module with routes of ours, and options that are right. */
const MODULES: readonly (readonly [type: Registrable, options: () => object])[] = [
  [PortcullisSessionsModule, () => sessionsOptions],
  [PortcullisMfaModule, () => ({ sessions: sessions() })],
  [PortcullisConsentsModule, () => ({})],
  [PortcullisPersonalTokensModule, () => ({})],
  [PortcullisLeakReportsModule, () => ({})],
  [PortcullisAdminModule, () => ({})],
  [
    PortcullisLoginModule,
    () => ({
      sessions: sessions(),
      providers: { hub: github({ clientId: 'parcels', clientSecret: 'a secret' }) },
      publicUrl: 'http://localhost:3000',
    }),
  ],
  [
    PortcullisOAuthServerModule,
    () => ({ sessions: sessions(), login: '/login', scopes: { 'parcels:read': 'See your parcels' } }),
  ],
  [
    PortcullisPasskeysModule,
    () => ({ sessions: sessions(), rpId: 'localhost', rpName: 'Parcels', origins: ['http://localhost'] }),
  ],
] as unknown as readonly (readonly [Registrable, () => object])[];
const BY_NAME = MODULES.map(([type, options]) => [type.name, type, options] as const);

const portcullis = { tokens: ownTokens };

async function refusalOf(booting: () => unknown): Promise<string> {
  try {
    const { app } = (await booting()) as Awaited<ReturnType<typeof boot>>;
    await app.close();
    return 'it booted';
  } catch (error) {
    return String(error);
  }
}

it('the table has every module that is exported', () => {
  const exported = [auth, login, server, passkeys].flatMap((part) =>
    Object.entries(part).filter(([name, value]) => typeof value === 'function' && /Module$/.test(name)),
  );
  expect(exported.map(([name]) => name).sort()).toEqual(
    [PortcullisModule.name, ...BY_NAME.map(([name]) => name)].sort(),
  );
});

describe.each(platforms)('a module that stands in an app by mistake on %s', (platform) => {
  const booting = (...imports: (DynamicModule | Type)[]) => refusalOf(() => boot(platform, { imports }));

  it.each(BY_NAME)('%s is registered, and not imported as a class', async (name, type) => {
    const problem = `${name} is imported without options, and so without its routes: write ${name}.register(`;
    for (const imports of [
      [PortcullisModule.forRoot(portcullis), type],
      [type, PortcullisModule.forRoot(portcullis)],
      [type],
    ])
      expect(await booting(...imports)).toContain(problem);
  });

  it.each(BY_NAME)('%s needs the one that guards the app', async (name, type, options) => {
    class FeatureModule {}
    Module({})(FeatureModule);
    const module = type.register(options());
    for (const imports of [[module], [{ module: FeatureModule, imports: [module] }]]) {
      const refusal = await booting(...imports);
      expect(refusal).toMatch(/this app has no Portcullis .*can do nothing without it/);
      expect(refusal).toContain(name);
    }
  });
});

const PATHS = ['path'];
/** Every option of each of them. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  [PortcullisSessionsModule.name]: [
    ...[
      'users',
      'imports',
      'clientId',
      'path',
      'scopes',
      'accessTokenSeconds',
      'idleSeconds',
      'lifetimeSeconds',
    ],
    ...['cookie', 'cookieName', 'allowedOrigins', 'bindToCertificate', 'deviceNameOf'],
  ],
  [PortcullisMfaModule.name]: ['sessions', 'path'],
  [PortcullisConsentsModule.name]: PATHS,
  [PortcullisPersonalTokensModule.name]: PATHS,
  [PortcullisLeakReportsModule.name]: ['path', 'keysUrl', 'allowHttpOnLoopback'],
  [PortcullisAdminModule.name]: ['path', 'scopes', 'grantable', 'dangerous', 'personalTokensMakeKeys'],
  [PortcullisLoginModule.name]: ['sessions', 'providers', 'path', 'accountPath', 'publicUrl', 'pages'],
  [PortcullisOAuthServerModule.name]: [
    ...['sessions', 'login', 'consent', 'scopes', 'resources', 'introspectedBy', 'clients'],
    ...['tokenLookups', 'authorizationRequests'],
    ...[
      'clientNetworks',
      'registration',
      'clientDocuments',
      'claimsOf',
      'texts',
      'codeSeconds',
      'idTokenSeconds',
    ],
    ...[
      'deviceCodeSeconds',
      'interactionSeconds',
      'refreshTokenSeconds',
      'consentSeconds',
      'refreshGraceSeconds',
    ],
  ],
  [PortcullisPasskeysModule.name]: [
    ...['sessions', 'path', 'rpId', 'rpName', 'origins', 'relatedOrigins', 'userVerification', 'maxPerUser'],
  ],
};

describe('the options of a module', () => {
  it.each(BY_NAME)('%s takes none that there is not', (name, type, options) => {
    expect(() => type.register({ ...options(), pathh: 'auth' })).toThrow(
      `${name}: pathh: there is no such option`,
    );
    for (const nothing of [null, 'auth', []])
      expect(() => type.register(nothing as never)).toThrow(`${name}: must be given an object with options`);
  });

  it.each(BY_NAME)('%s takes none of another type', (name, type, options) => {
    for (const option of OPTIONS[name] as string[])
      for (const wrong of [null, 0.5, [null], Symbol('wrong')])
        expect(() => type.register({ ...options(), [option]: wrong })).toThrow(
          new RegExp(
            `^Portcullis is not configured correctly:(\\n  - ${name}: .*)*\\n  - ${name}: ${option}\\b`,
          ),
        );
  });

  it.each<[string, Type, object, string]>([
    [
      'a part of a section',
      PortcullisAdminModule,
      { scopes: { key: 'x' } },
      'scopes.key: there is no such option',
    ],
    ['a section', PortcullisAdminModule, { scopes: { bans: 7 } }, 'scopes.bans must be a text'],
    ['a demand', PortcullisAdminModule, { dangerous: { maxAge: 5 } }, 'dangerous has no part "maxAge"'],
    ['pages', PortcullisLoginModule, { pages: { fail: '/x' } }, 'pages.fail: there is no such option'],
    [
      'registration',
      PortcullisOAuthServerModule,
      { registration: { open: 1 } },
      'registration.open: there is no',
    ],
    [
      'another module',
      PortcullisMfaModule,
      { sessions: PortcullisAdminModule.register() },
      'sessions must be what',
    ],
    ['the class', PortcullisLoginModule, { sessions: PortcullisSessionsModule }, 'sessions must be what'],
    [
      'a text for a list',
      PortcullisSessionsModule,
      { allowedOrigins: 'https://a.example' },
      'allowedOrigins must be',
    ],
  ])('is looked into: %s', (_, type, wrong, problem) => {
    const [, , options] = BY_NAME.find(([name]) => name === type.name) as (typeof BY_NAME)[number];
    expect(() => (type as Registrable).register({ ...options(), ...wrong })).toThrow(
      `${type.name}: ${problem}`,
    );
  });
});

describe('PortcullisModule', () => {
  it.each<[string, () => DynamicModule, string]>([
    ['forRoot()', () => PortcullisModule.forRoot(undefined as never), 'PortcullisModule.forRoot must be'],
    ['forRoot([])', () => PortcullisModule.forRoot([] as never), 'PortcullisModule.forRoot must be'],
    [
      'forRootAsync()',
      () => PortcullisModule.forRootAsync(undefined as never),
      'forRootAsync: must be given',
    ],
    [
      'forRootAsync({ useClass })',
      () => PortcullisModule.forRootAsync({ useClass: Users } as never),
      'PortcullisModule.forRootAsync: useClass: there is no such option',
    ],
    [
      'a factory that returns nothing',
      () => PortcullisModule.forRootAsync({ useFactory: (() => {}) as never }),
      'PortcullisModule.forRootAsync: what useFactory returns must be an object with options',
    ],
    [
      'a factory that promises null',
      () => PortcullisModule.forRootAsync({ useFactory: async () => null as never }),
      'PortcullisModule.forRootAsync: what useFactory returns must be an object with options',
    ],
    [
      'a factory that fails',
      () =>
        PortcullisModule.forRootAsync({
          useFactory: () => {
            throw new Error('the vault is shut');
          },
        }),
      'PortcullisModule.forRootAsync: useFactory has failed: Error: the vault is shut',
    ],
    [
      'extensions that are no list',
      () => PortcullisModule.forRoot({ extensions: {} as never }),
      'extensions must be a list',
    ],
    [
      'no extension',
      () => PortcullisModule.forRoot({ extensions: [undefined] as never }),
      'extensions must be',
    ],
  ])('says in its own words what is wrong with %s', async (_, make, problem) => {
    const refusal = await refusalOf(() => boot('express', { imports: [make()] }));
    expect(refusal).toMatch(/^PortcullisConfigurationError/);
    expect(refusal).toContain(problem);
  });
});
