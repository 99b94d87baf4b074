import { AuditOptions } from '../audit/audit.options.js';
import { DEFAULT_CRAWLERS } from '../bans/crawlers/known-crawlers.js';
import { DEFAULT_STRIKE_RULES } from '../bans/default-strike-rules.js';
import { BindingOptions } from '../binding/binding.options.js';
import { PortcullisConfigurationError } from '../errors.js';
import { MfaOptions } from '../mfa/mfa.options.js';
import { SessionOptions } from '../sessions/session.options.js';
import type { PortcullisOptions } from './portcullis.options.js';
import { memoryStores, resolveOptions } from './resolve-options.spec-support.js';

const STORES = memoryStores();
const RULE = { id: 'coupons', match: { event: 'coupon_guessed' }, score: 10, windowSeconds: 60 };
const FULL_MATCH = {
  status: [404, 405],
  method: 'GET',
  path: ['/coupons', /^\/c\//],
  url: /coupon/,
  userAgent: [/bot/i],
  event: 'coupon_guessed',
  route: 'known',
};
const TOKENS = { audience: 'parcels', issuer: { url: 'https://api.example' } };
/** Stores that fail when they hang, in the place of the given ones. */
const BOUNDED = Object.fromEntries(Object.keys(STORES).map((name) => [name, expect.anything()]));

/** 32 bytes, the least that HS256 may have. */
const SECRET = 's'.repeat(32);
const TRUSTED = { issuer: 'https://login.example', jwksUri: 'https://login.example/jwks' };

const FEED = { name: 'drop', source: 'https://lists.example/drop?token=t' };

/** Also what TypeScript would refuse: options come from JavaScript and from files, too. */
const resolve = (given: unknown) => resolveOptions(given as PortcullisOptions, STORES);

function refusal(given: unknown): PortcullisConfigurationError {
  try {
    resolve(given);
  } catch (error) {
    if (error instanceof PortcullisConfigurationError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(given)}`);
}

/** The names that one error gives for what is wrong. */
const blamed = (given: unknown) => [
  ...new Set(refusal(given).problems.map((problem) => problem.split(':', 1)[0])),
];

describe('options', () => {
  it('have a default each', () => {
    const options = resolve({});
    expect(options).toEqual({
      apiKeys: {
        header: 'X-API-Key',
        lifetimeSeconds: 7_776_000,
        peppers: [],
        refusalCacheSeconds: 10,
        personalTokens: { lifetimeSeconds: 2_592_000, maxLifetimeSeconds: 31_536_000, maxPerUser: 50 },
        prefix: 'ptc',
        environment: 'live',
        cacheSize: 10_000,
        cacheSeconds: 30,
      },
      bans: {
        allowed: [],
        privateAddresses: false,
        global: true,
        shadow: false,
        answer: 403,
        letInProven: false,
        tarpit: { delaySeconds: 10, connections: 100 },
        rules: DEFAULT_STRIKE_RULES,
        crawlers: DEFAULT_CRAWLERS,
        strikeLimit: 100,
        ...{ widerIpv6Prefixes: [56, 48], widerIpv4Prefixes: [], offendingNeighbours: 4 },
        maxBansByRules: 100_000,
        durationsSeconds: [600, 3_600, 86_400, 604_800],
        forgetAfterSeconds: 2_592_000,
        feeds: [],
      },
      events: { accepted: false, log: true },
      audit: new AuditOptions(),
      binding: new BindingOptions(),
      rateLimits: {},
      sessions: new SessionOptions(),
      mfa: new MfaOptions(),
      replication: { maxStalenessSeconds: 30, whenStale: 'reject' },
      stores: BOUNDED,
      trustedProxies: [],
      forwardedHeader: 'X-Forwarded-For',
      publicOrigins: [],
      requireTls: false,
      globalGuard: true,
      contexts: {},
      registerPassport: false,
      userProperty: 'user',
      realm: 'api',
      now: Date.now,
    });
    expect(options.tokens).toBeUndefined();
  });

  it('of tokens have a default each, but for the audience and an issuer', () => {
    const { tokens } = resolve({ tokens: { ...TOKENS, trustedIssuers: [TRUSTED] } });
    expect(tokens).toMatchObject({
      audience: 'parcels',
      issuer: {
        url: 'https://api.example',
        lifetimeSeconds: 900,
        rotateEverySeconds: 2_592_000,
        publishAheadSeconds: 900,
      },
      clockToleranceSeconds: 5,
      maxBytes: 8_192,
      maxLifetimeSeconds: 86_400,
      cacheSize: 10_000,
      keyRefreshSeconds: 300,
      keyMaxAgeSeconds: 3_600,
      keyCooldownSeconds: 30,
      reactions: {
        revokeTokenFromBannedAddress: false,
        revokeUserOnRevokedToken: false,
        revokeTokenOnAlgorithmAttack: true,
      },
    });
    expect(tokens?.trustedIssuers[0]).toMatchObject({ profile: 'rfc9068', allowHttpOnLoopback: false });
    expect(tokens?.trustedIssuers[0]?.algorithms).toContain('EdDSA');
    expect(tokens?.trustedIssuers[0]?.algorithms.some((algorithm) => /^(HS|none)/.test(algorithm))).toBe(
      false,
    );
  });

  it('of ban feeds have a default each, but for the name and the source', () => {
    const { feeds } = resolve({ bans: { feeds: [{ name: 'drop', source: '/srv/drop.json' }] } }).bans;
    expect(feeds).toEqual([
      { name: 'drop', source: '/srv/drop.json', reloadSeconds: 3_600, maxBytes: 67_108_864, shadow: false },
    ]);
  });

  it('that are given stand, and leave their neighbours at the default', () => {
    const options = resolve({ realm: 'parcels', bans: { strikeLimit: 3 }, stores: { bans: STORES.bans } });
    expect(options).toMatchObject({ realm: 'parcels', globalGuard: true, stores: BOUNDED });
    expect(options.bans).toMatchObject({ strikeLimit: 3, answer: 403 });
  });

  it('that are undefined mean the default', () => {
    const given = {
      tokens: undefined,
      apiKeys: { header: undefined },
      bans: undefined,
      events: { log: undefined },
      stores: undefined,
      trustedProxies: undefined,
      requireTls: undefined,
      now: undefined,
    };
    expect(resolve(given)).toEqual({ ...resolve({}), stores: BOUNDED });
    expect(resolve({ tokens: { ...TOKENS, trustedIssuers: undefined, maxBytes: undefined } })).toEqual({
      ...resolve({ tokens: TOKENS }),
      stores: BOUNDED,
    });
    expect(resolve({ stores: { bans: undefined } }).stores).toEqual(BOUNDED);
  });

  it('are not changed by us, and not changeable by others', () => {
    const given = { tokens: TOKENS, bans: { strikeLimit: 3 } };
    const before = structuredClone(given);
    const options = resolve(given);
    expect(given).toEqual(before);
    expect(Object.isFrozen(options)).toBe(true);
  });

  it('of one app are not those of another', () => {
    expect(resolve({}).bans).not.toBe(resolve({}).bans);
  });
});

describe('requireTls', () => {
  const { NODE_ENV } = process.env;
  afterEach(() => {
    process.env.NODE_ENV = NODE_ENV;
  });

  it.each([
    ['production', true],
    ['development', false],
    ['Production', false],
    ['', false],
  ])('with NODE_ENV=%s is %j by default', (environment, expected) => {
    process.env.NODE_ENV = environment;
    expect(resolve({}).requireTls).toBe(expected);
  });

  it('is what was configured, whatever NODE_ENV', () => {
    process.env.NODE_ENV = 'production';
    expect(resolve({ requireTls: false }).requireTls).toBe(false);
    process.env.NODE_ENV = 'test';
    expect(resolve({ requireTls: true }).requireTls).toBe(true);
  });
});

describe('an option that makes no sense is named', () => {
  it.each<[string, object]>([
    ['apiKeys.header', { apiKeys: { header: 'X API Key' } }],
    ['apiKeys.header', { apiKeys: { header: '' } }],
    ['apiKeys.header', { apiKeys: { header: 'Authorization' } }],
    ['apiKeys.header', { apiKeys: { header: 'authorization' } }],
    ['apiKeys.prefix', { apiKeys: { prefix: 'my_prefix' } }],
    ['apiKeys.environment', { apiKeys: { environment: 'a'.repeat(17) } }],
    ['apiKeys.environment', { apiKeys: { environment: 'cs' } }],
    ['apiKeys.environment', { apiKeys: { environment: 'rt' } }],
    ['apiKeys.cacheSize', { apiKeys: { cacheSize: 0 } }],
    ['apiKeys.cacheSeconds', { apiKeys: { cacheSeconds: '30' } }],
    ['apiKeys.refusalCacheSeconds', { apiKeys: { refusalCacheSeconds: 0 } }],
    ['apiKeys.lifetimeSeconds', { apiKeys: { lifetimeSeconds: 0 } }],
    ['apiKeys.lifetimeSeconds', { apiKeys: { lifetimeSeconds: null } }],
    ['apiKeys.lifetimeSeconds', { apiKeys: { lifetimeSeconds: 'always' } }],
    ['apiKeys.peppers', { apiKeys: { peppers: SECRET } }],
    ['apiKeys.peppers', { apiKeys: { peppers: [SECRET.slice(1)] } }],
    ['apiKeys.peppers', { apiKeys: { peppers: [SECRET, SECRET, SECRET] } }],
    ['apiKeys.legacy', { apiKeys: { legacy: {} } }],
    ['apiKeys.personalTokens', { apiKeys: { personalTokens: null } }],
    ['apiKeys.personalTokens.maxPerUser', { apiKeys: { personalTokens: { maxPerUser: 0 } } }],
    ['apiKeys.personalTokens.lifetimeSeconds', { apiKeys: { personalTokens: { lifetimeSeconds: 'never' } } }],
    ['apiKeys.personalTokens.scopesOf', { apiKeys: { personalTokens: { scopesOf: ['a:b'] } } }],
    ['tenantClaim', { tenantClaim: '' }],
    ['bans.global', { bans: { global: 'yes' } }],
    ['bans.allowed', { bans: { allowed: '10.0.0.0/8' } }],
    ['bans.allowed', { bans: { allowed: ['10.0.0.0/33'] } }],
    ['bans.privateAddresses', { bans: { privateAddresses: 1 } }],
    ['forwardedHeader', { forwardedHeader: 'X Real IP' }],
    ['trustedProxies', { trustedProxies: ['everybody'] }],
    ['forwardedHeader', { forwardedHeader: ['Forwarded', 'X-Forwarded-For'] }],
    ['bans.rules', { bans: { rules: [{ ...RULE, id: 'not an id' }] } }],
    ['bans.rules', { bans: { rules: [RULE, RULE] } }],
    ['bans.rules', { bans: { rules: [{ ...RULE, score: -1 }] } }],
    ['bans.rules', { bans: { rules: [{ ...RULE, score: 0.5 }] } }],
    ['bans.rules', { bans: { rules: [{ ...RULE, windowSeconds: 0 }] } }],
    ['bans.rules', { bans: { rules: [{ ...RULE, match: {} }] } }],
    ['bans.rules', { bans: { rules: [{ ...RULE, match: { status: '404' } }] } }],
    ['bans.rules', { bans: { rules: [{ ...RULE, match: { path: /x/g } }] } }],
    ['bans.rules', { bans: { rules: [{ ...RULE, match: { header: 'x' } }] } }],
    ['bans.rules', { bans: { rules: [{ ...RULE, distinct: 'everything' }] } }],
    ['bans.rules', { bans: { rules: [{ ...RULE, bans: true }] } }],
    ['bans.rules', { bans: { rules: null } }],
    ['bans.answer', { bans: { answer: 404 } }],
    ['bans.shadow', { bans: { shadow: 'yes' } }],
    ['bans.widerIpv6Prefixes', { bans: { widerIpv6Prefixes: [64] } }],
    ['bans.widerIpv4Prefixes', { bans: { widerIpv4Prefixes: [8] } }],
    ['bans.offendingNeighbours', { bans: { offendingNeighbours: 1 } }],
    ['bans.maxBansByRules', { bans: { maxBansByRules: 0 } }],
    ['bans.strikeLimiter', { bans: { strikeLimiter: {} } }],
    ['bans.strikeLimit', { bans: { strikeLimit: 0 } }],
    ['bans.durationsSeconds', { bans: { durationsSeconds: [] } }],
    ['bans.durationsSeconds', { bans: { durationsSeconds: [60, 0] } }],
    ['bans.durationsSeconds', { bans: { durationsSeconds: 60 } }],
    ['bans.forgetAfterSeconds', { bans: { forgetAfterSeconds: -1 } }],
    ['bans.feeds', { bans: { feeds: FEED.source } }],
    ['bans.feeds', { bans: { feeds: [FEED, FEED] } }],
    ['bans.feeds.0.name', { bans: { feeds: [{ ...FEED, name: 'a b' }] } }],
    ['bans.feeds.0.format', { bans: { feeds: [{ ...FEED, format: 'csv' }] } }],
    ['bans.feeds.0.reloadSeconds', { bans: { feeds: [{ ...FEED, reloadSeconds: 9 }] } }],
    ['bans.feeds.0.maxBytes', { bans: { feeds: [{ ...FEED, maxBytes: 0 }] } }],
    ['bans.feeds.0.shadow', { bans: { feeds: [{ ...FEED, shadow: 'yes' }] } }],
    ['bans.feeds.0.url', { bans: { feeds: [{ ...FEED, url: 'x' }] } }],
    ['events.accepted', { events: { accepted: 1 } }],
    ['stores.bans', { stores: { bans: null } }],
    ['stores.bans', { stores: { bans: {} } }],
    ['stores.ban', { stores: { ban: STORES.bans } }],
    ['trustedProxies', { trustedProxies: '10.0.0.0/8' }],
    ['trustedProxies', { trustedProxies: ['Loopback'] }],
    ['trustedProxies', { trustedProxies: ['10.0.0.0/33'] }],
    ['trustedProxies', { trustedProxies: ['0.0.0.0/0'] }],
    ['trustedProxies', { trustedProxies: ['10.0.0.0/8', '::/0'] }],
    ['requireTls', { requireTls: 'true' }],
    ['globalGuard', { globalGuard: 0 }],
    ['userProperty', { userProperty: '' }],
    ['userProperty', { userProperty: '__proto__ ' }],
    ['userProperty', { userProperty: false }],
    ['realm', { realm: 'a"b' }],
    ['realm', { realm: '' }],
    ['now', { now: 0 }],
    ['tokens', { tokens: null }],
    ['tokens.audience', { tokens: { ...TOKENS, audience: '' } }],
    ['tokens.audience', { tokens: { issuer: TOKENS.issuer } }],
    ['tokens.issuer.url', { tokens: { ...TOKENS, issuer: { url: '' } } }],
    ['tokens.issuer.url', { tokens: { ...TOKENS, issuer: { url: 'http://api.example' } } }],
    ['tokens.issuer.url', { tokens: { ...TOKENS, issuer: { url: 'https://api.example?a=b' } } }],
    [
      'tokens.issuer.lifetimeSeconds',
      { tokens: { ...TOKENS, issuer: { ...TOKENS.issuer, lifetimeSeconds: 0 } } },
    ],
    ['tokens.issuer.lifetimeSeconds', { tokens: { ...TOKENS, maxLifetimeSeconds: 600 } }],
    ['tokens.issuer.signingKey', { tokens: { ...TOKENS, issuer: { ...TOKENS.issuer, signingKey: 'pem' } } }],
    ['tokens.clockToleranceSeconds', { tokens: { ...TOKENS, clockToleranceSeconds: 61 } }],
    ['tokens.maxBytes', { tokens: { ...TOKENS, maxBytes: 255 } }],
    ['tokens.maxLifetimeSeconds', { tokens: { ...TOKENS, maxLifetimeSeconds: 0 } }],
    ['tokens.cacheSize', { tokens: { ...TOKENS, cacheSize: 1.5 } }],
    ['tokens', { tokens: { audience: 'parcels' } }],
    ['tokens', { tokens: { audience: 'parcels', trustedIssuers: [] } }],
    ['tokens.trustedIssuers', { tokens: { ...TOKENS, trustedIssuers: TRUSTED.issuer } }],
    ['tokens.trustedIssuers', { tokens: { ...TOKENS, trustedIssuers: null } }],
    [
      'tokens.trustedIssuers.0.issuer',
      { tokens: { ...TOKENS, trustedIssuers: [{ ...TRUSTED, issuer: '' }] } },
    ],
    [
      'tokens.trustedIssuers.1.jwksUri',
      { tokens: { ...TOKENS, trustedIssuers: [TRUSTED, { issuer: 'b', jwksUri: 'http://login.example' }] } },
    ],
    [
      'tokens.trustedIssuers.0.algorithms',
      { tokens: { ...TOKENS, trustedIssuers: [{ ...TRUSTED, algorithms: ['HS256'] }] } },
    ],
    [
      'tokens.trustedIssuers.0.algorithms',
      { tokens: { ...TOKENS, trustedIssuers: [{ ...TRUSTED, algorithms: [] }] } },
    ],
    ['tokens.resource', { tokens: { ...TOKENS, resource: 'http://api.example' } }],
    ['tokens.keyRefreshSeconds', { tokens: { ...TOKENS, keyRefreshSeconds: 9 } }],
    ['tokens.keyMaxAgeSeconds', { tokens: { ...TOKENS, keyMaxAgeSeconds: 59 } }],
    ['tokens.keyCooldownSeconds', { tokens: { ...TOKENS, keyCooldownSeconds: 0 } }],
    ['tokens.reactions.revokeUser', { tokens: { ...TOKENS, reactions: { revokeUser: true } } }],
    [
      'tokens.reactions.revokeUserOnRevokedToken',
      { tokens: { ...TOKENS, reactions: { revokeUserOnRevokedToken: 1 } } },
    ],
    [
      'tokens.issuer.rotateEverySeconds',
      { tokens: { ...TOKENS, issuer: { ...TOKENS.issuer, rotateEverySeconds: 3_599 } } },
    ],
    [
      'tokens.issuer.publishAheadSeconds',
      { tokens: { ...TOKENS, issuer: { ...TOKENS.issuer, publishAheadSeconds: 299 } } },
    ],
    [
      'tokens.trustedIssuers.0.audience',
      { tokens: { ...TOKENS, trustedIssuers: [{ ...TRUSTED, audience: '' }] } },
    ],
    [
      'tokens.trustedIssuers.0.profile',
      { tokens: { ...TOKENS, trustedIssuers: [{ ...TRUSTED, profile: 'none' }] } },
    ],
    [
      'tokens.trustedIssuers.0.profile',
      { tokens: { ...TOKENS, trustedIssuers: [{ ...TRUSTED, profile: 'constructor' }] } },
    ],
    [
      'tokens.trustedIssuers.0.scopesFrom',
      { tokens: { ...TOKENS, trustedIssuers: [{ ...TRUSTED, scopesFrom: 'scp' }] } },
    ],
    [
      'tokens.trustedIssuers.0.sharedSecret',
      { tokens: { ...TOKENS, trustedIssuers: [{ issuer: 'b', sharedSecret: SECRET.slice(1) }] } },
    ],
    [
      'tokens.trustedIssuers.0.sharedSecret',
      { tokens: { ...TOKENS, trustedIssuers: [{ issuer: 'b', sharedSecret: new Uint8Array(31) }] } },
    ],
    [
      'tokens.trustedIssuers (https',
      { tokens: { ...TOKENS, trustedIssuers: [{ ...TRUSTED, sharedSecret: SECRET }] } },
    ],
    ['tokens.trustedIssuers (b)', { tokens: { ...TOKENS, trustedIssuers: [{ issuer: 'b' }] } }],
    [
      'tokens.trustedIssuers (b)',
      { tokens: { ...TOKENS, trustedIssuers: [{ issuer: 'b', jwksUri: 'http://127.0.0.1/jwks' }] } },
    ],
    [
      'tokens.trustedIssuers (http',
      { tokens: { ...TOKENS, trustedIssuers: [{ issuer: 'http://127.0.0.1' }] } },
    ],
    ['tokens.trustedIssuers', { tokens: { ...TOKENS, trustedIssuers: [TRUSTED, TRUSTED] } }],
    [
      'tokens.trustedIssuers',
      { tokens: { ...TOKENS, trustedIssuers: [{ ...TRUSTED, issuer: TOKENS.issuer.url }] } },
    ],
  ])('%s in %j', (name, given) => {
    expect(blamed(given)).toEqual([name]);
  });

  it.each([
    'list.txt',
    'http://lists.example/drop',
    'ftp://localhost/drop',
    'file://elsewhere/drop',
    'blob:https://lists.example/drop',
    'data:,192.0.2.1',
    '/srv/drop\0.json',
    '',
    ['/srv/drop.json'],
  ])('bans.feeds.0.source when it is %j', (source) => {
    expect(blamed({ bans: { feeds: [{ ...FEED, source }] } })).toEqual(['bans.feeds.0.source']);
  });

  it('so that a typing error is found: there is no such option', () => {
    const error = refusal({
      trustedProxy: ['10.0.0.1'],
      bans: { limit: 3 },
      tokens: { ...TOKENS, aud: 'parcels' },
    });
    expect(error.problems.toSorted()).toEqual([
      'bans.limit: there is no such option',
      'tokens.aud: there is no such option',
      'trustedProxy: there is no such option',
    ]);
  });

  it('and what a list must hold is said of each value', () => {
    expect(refusal({ bans: { durationsSeconds: [60, 0] } }).problems).toEqual([
      'bans.durationsSeconds: each value must not be less than 1',
    ]);
  });

  it('with all the others, in one error', () => {
    const error = refusal({ realm: '"', requireTls: 1, bans: { strikeLimit: 0 }, tokens: { audience: 1 } });
    const blamed = error.problems.map((problem) => problem.split(':', 1)[0]).toSorted();
    expect(blamed).toEqual(['bans.strikeLimit', 'realm', 'requireTls', 'tokens.audience']);
    for (const problem of error.problems) expect(error.message).toContain(problem);
  });

  it('with all that contradicts it, also in one error', () => {
    const secret = 'x'.repeat(32);
    const trustedIssuers = [
      { issuer: 'https://one.example', sharedSecret: secret },
      { issuer: 'https://two.example', sharedSecret: Buffer.from(secret) },
      { issuer: 'https://api.example' },
    ];
    const issuer = { url: 'https://api.example', lifetimeSeconds: 600 };
    const limits = { maxLifetimeSeconds: 300, keyCooldownSeconds: 600 };
    const error = refusal({ tokens: { audience: 'parcels', issuer, trustedIssuers, ...limits } });
    expect(error.problems).toEqual([
      expect.stringContaining('tokens.issuer.lifetimeSeconds'),
      expect.stringContaining('keyCooldownSeconds'),
      expect.stringContaining('one sharedSecret'),
      expect.stringContaining('https://api.example is named twice'),
    ]);
    expect(error.message).not.toContain(secret);
  });

  it('without its value, which may be secret', () => {
    const secret = 'hunter2-hunter2';
    const error = refusal({
      realm: `"${secret}"`,
      trustedProxies: [secret],
      apiKeys: { header: `${secret} `, prefix: `${secret}_`, cacheSize: secret, peppers: [secret] },
      bans: {
        rules: [{ ...RULE, match: { [secret]: secret } }],
        durationsSeconds: [secret],
        feeds: [{ name: `${secret} `, source: `http://ann:${secret}@lists.example?token=${secret}` }],
      },
      tokens: {
        audience: [secret],
        issuer: { url: `http://user:${secret}@api.example`, signingKey: secret },
        trustedIssuers: [
          { issuer: [secret], jwksUri: `https://login.example?key=${secret}`, algorithms: [secret] },
        ],
      },
      secretKey: secret,
    });
    expect(error.problems.length).toBeGreaterThan(10);
    expect(error.message).not.toContain(secret);
    expect(error.stack).not.toContain(secret);
  });
});

describe('accepted are', () => {
  it.each<[string, object]>([
    ['http on loopback', { tokens: { ...TOKENS, issuer: { url: 'http://localhost:3000' } } }],
    ['http on 127.0.0.1', { tokens: { ...TOKENS, issuer: { url: 'http://127.0.0.1:3000' } } }],
    ['http on ::1', { tokens: { ...TOKENS, issuer: { url: 'http://[::1]:3000' } } }],
    [
      'issuers that say themselves where their keys are',
      { tokens: { audience: 'parcels', trustedIssuers: [{ issuer: TRUSTED.issuer }] } },
    ],
    [
      'keys by http on loopback, where that is said',
      {
        tokens: {
          ...TOKENS,
          trustedIssuers: [{ issuer: 'b', jwksUri: 'http://127.0.0.1/jwks', allowHttpOnLoopback: true }],
        },
      },
    ],
    [
      'a shared secret of 32 bytes',
      { tokens: { ...TOKENS, trustedIssuers: [{ issuer: 'b', sharedSecret: SECRET }] } },
    ],
    ['issuers of others alone', { tokens: { audience: 'parcels', trustedIssuers: [TRUSTED] } }],
    ['no rules at all', { bans: { rules: [] } }],
    [
      'a rule that looks at everything',
      { bans: { rules: [{ ...RULE, match: FULL_MATCH, distinct: 'path', shadow: true }] } },
    ],
    [
      'ban feeds from files, from the web and from this machine',
      {
        bans: {
          feeds: [
            FEED,
            { name: 'path', source: '/srv/drop.json' },
            { name: 'file', source: 'file:///srv/drop.json' },
            { name: 'local', source: 'http://ann:secret@127.0.0.1:8080/drop', format: 'drop' },
          ],
        },
      },
    ],
    ["tokens that live as long as anyone's may", { tokens: { ...TOKENS, maxLifetimeSeconds: 900 } }],
    [
      'addresses and networks of proxies',
      { trustedProxies: ['10.0.0.1', '10.0.0.0/8', '::1', '2001:db8::/32'] },
    ],
  ])('%s', (_, given) => {
    expect(() => resolve(given)).not.toThrow();
  });

  it.each([
    'http://localhost.example',
    'http://127.0.0.1.example',
    'ftp://localhost',
    'javascript:0',
    'api.example',
  ])('but not the issuer %s', (url) => {
    expect(blamed({ tokens: { ...TOKENS, issuer: { url } } })).toEqual(['tokens.issuer.url']);
  });
});
