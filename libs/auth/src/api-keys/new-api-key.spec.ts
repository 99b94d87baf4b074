import fc from 'fast-check';
import { InputError, PortcullisError } from '../errors.js';
import { MAX_WINDOW_SECONDS } from '../rate-limits/request-limit.js';
import {
  checkedScopes,
  isLifetime,
  isMetadata,
  MAX_METADATA_BYTES,
  MAX_NETWORKS,
  type NewApiKey,
  recordOf,
} from './new-api-key.js';

const SECOND = 1_000;
const NOW = Date.UTC(2030, 0, 1);
const BIRTH = { id: '0123456789ABCDEF', hash: 'digest', now: NOW, defaultLifetimeSeconds: 60 };
const APP: NewApiKey = { appId: 'depot', name: 'Depot Bern' };

/** A record of the app's key with these things besides; they may be wrong in type, as what comes from JSON is. */
const record = (given: object = {}, birth: Partial<typeof BIRTH> = {}) =>
  recordOf({ ...APP, ...given } as NewApiKey, { ...BIRTH, ...birth });

describe('the record of a new key', () => {
  it('has everything that was not said empty', () => {
    expect(record()).toEqual({
      id: '0123456789ABCDEF',
      hash: 'digest',
      appId: 'depot',
      name: 'Depot Bern',
      owner: null,
      tenant: null,
      metadata: {},
      scopes: [],
      networks: null,
      rateLimit: null,
      publicKey: null,
      createdAt: NOW,
      notBefore: NOW,
      expiresAt: NOW + 60 * SECOND,
      disabledAt: null,
      revokedAt: null,
      revokedReason: null,
      replacedBy: null,
      lastUsedAt: null,
      lastUsedFrom: null,
    });
  });

  it('has everything that was said', () => {
    const given = {
      owner: 'ann',
      tenant: 'north',
      metadata: { floor: 2 },
      scopes: ['scans:write', 'parcels:*'],
      networks: ['10.0.0.0/8'],
      rateLimit: { requests: 5, windowSeconds: 60 },
    };
    expect(record(given)).toMatchObject(given);
  });

  it('is for an app or for a user, and has nothing that nobody asked for', () => {
    const user = recordOf({ issuer: 'https://i.example', subject: 'ann', name: 'script' }, BIRTH);
    expect(user).toMatchObject({ issuer: 'https://i.example', subject: 'ann' });
    expect(user).not.toHaveProperty('appId');
    const odd = record({ id: 'mine', hash: 'mine', revokedAt: 1, isAdmin: true, actor: 'eve', createdAt: 1 });
    expect(odd).toEqual(record());
  });

  it('shares nothing with what it was made of', () => {
    const given = {
      metadata: { list: [1] },
      scopes: ['a:b'],
      networks: ['10.0.0.0/8'],
      rateLimit: { requests: 1, windowSeconds: 1 },
    };
    const made = record(given);
    given.metadata.list.push(2);
    given.scopes.push('c:d');
    given.networks.push('::/0');
    given.rateLimit.requests = 2;
    expect(made).toMatchObject({ metadata: { list: [1] }, scopes: ['a:b'], networks: ['10.0.0.0/8'] });
    expect(made.rateLimit).toEqual({ requests: 1, windowSeconds: 1 });
  });
});

describe.each(['name', 'appId', 'owner', 'tenant'])('the text %s', (field) => {
  it.each(['a', 'ä'.repeat(200), ' '])('may be %j', (text) => {
    expect(record({ [field]: text })).toMatchObject({ [field]: text });
  });

  it.each(['', 'a'.repeat(201), 'a\nb', 'a\u0000', '\ud800', 7, null, ['a'], {}])('can not be %j', (text) => {
    expect(() => record({ [field]: text })).toThrow(
      new InputError(`${field} must be a text of 1 to 200 characters, none of them a control character`),
    );
  });
});

it.each(['issuer', 'subject'])('a user without %s is none', (field) => {
  const user = { issuer: 'https://i.example', subject: 'ann', name: 'script', [field]: undefined };
  expect(() => recordOf(user as unknown as NewApiKey, BIRTH)).toThrow(TypeError);
});

it('a key for nobody is none', () => {
  expect(() => recordOf({ name: 'script' } as NewApiKey, BIRTH)).toThrow(TypeError);
});

describe('when a key works', () => {
  it.each([
    [{}, NOW, NOW + 60 * SECOND],
    [{ lifetimeSeconds: 1 }, NOW, NOW + SECOND],
    [{ lifetimeSeconds: 0.0001 }, NOW, NOW + 1],
    [{ lifetimeSeconds: 'never' }, NOW, null],
    [{ notBefore: NOW + 5_000 }, NOW + 5_000, NOW + 65_000],
    [{ notBefore: NOW - 5_000, lifetimeSeconds: 10 }, NOW - 5_000, NOW + 5_000],
    [{ notBefore: 0, lifetimeSeconds: 'never' }, 0, null],
    [{ lifetimeSeconds: 3_155_760_000 }, NOW, NOW + 3_155_760_000 * SECOND],
  ])('with %j is from then until then', (given, notBefore, expiresAt) => {
    expect(record(given)).toMatchObject({ createdAt: NOW, notBefore, expiresAt });
  });

  it('is for ever where that is the default', () => {
    expect(recordOf(APP, { ...BIRTH, defaultLifetimeSeconds: 'never' }).expiresAt).toBeNull();
  });

  const NO_LIFETIMES = [
    0,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    3_155_760_001,
    '60',
    'forever',
    null,
    {},
    true,
  ];
  it.each(NO_LIFETIMES)('is never for %p seconds', (lifetimeSeconds) => {
    expect(isLifetime(lifetimeSeconds)).toBe(false);
    expect(() => record({ lifetimeSeconds })).toThrow(TypeError);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1.5, 2 ** 53, '2030-01-01', null, new Date(NOW)])(
    'does not begin at %p',
    (notBefore) => {
      expect(() => record({ notBefore })).toThrow(TypeError);
    },
  );
});

describe('metadata', () => {
  /** An object whose JSON has so many bytes. */
  const ofBytes = (bytes: number, letter = 'a') => {
    const rest = bytes - Buffer.byteLength('{"a":""}');
    const size = Buffer.byteLength(letter);
    return { a: letter.repeat(Math.floor(rest / size)) + 'a'.repeat(rest % size) };
  };

  it.each(['a', 'ä', '€', '\u{1F511}'])(
    'may have 4096 bytes as JSON, and not one more (in letters like %s)',
    (letter) => {
      const largest = ofBytes(MAX_METADATA_BYTES, letter);
      expect(Buffer.byteLength(JSON.stringify(largest))).toBe(4_096);
      expect(record({ metadata: largest }).metadata).toEqual(largest);
      const tooLarge = ofBytes(MAX_METADATA_BYTES + 1, letter);
      expect(Buffer.byteLength(JSON.stringify(tooLarge))).toBe(4_097);
      expect(() => record({ metadata: tooLarge })).toThrow(TypeError);
    },
  );

  it('counts what JSON escapes as what it becomes', () => {
    expect(isMetadata({ a: '\n'.repeat(2_044) })).toBe(true);
    expect(isMetadata({ a: '\n'.repeat(2_045) })).toBe(false);
  });

  it('is kept as JSON has it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (metadata) => {
        fc.pre(isMetadata(metadata));
        expect(record({ metadata }).metadata).toEqual(JSON.parse(JSON.stringify(metadata)));
      }),
    );
  });

  const circular: Record<string, unknown> = {};
  circular.self = circular;
  it.each([
    ['a list', []],
    ['null', null],
    ['a text', 'floor 2'],
    ['a number', 7],
    ['a function', () => ({})],
    ['a date, whose JSON is a text', new Date(NOW)],
    ['something whose JSON is nothing', { toJSON: () => undefined }],
    ['something that holds itself', circular],
    ['something that JSON does not have', { count: 1n }],
  ])('can not be %s', (_, metadata) => {
    expect(() => record({ metadata })).toThrow(TypeError);
  });
});

describe('scopes', () => {
  it('are kept in their order, each once', () => {
    expect(record({ scopes: ['b:*', 'a:1', 'b:*', 'a:1'] }).scopes).toEqual(['b:*', 'a:1']);
  });

  it.each(['', 'a b', '*', ':*', 'parcels:**', '*:read', 'grün', 7, null, ['a:b'], undefined])(
    'such as %j are refused by name',
    (scope) => {
      expect(() => record({ scopes: ['a:1', scope] })).toThrow(TypeError);
    },
  );

  it.each<[string[], string[]]>([
    [['parcels:read'], ['parcels:read']],
    [['parcels:read'], ['parcels:*']],
    [['parcels:*'], ['parcels:*']],
    [['parcels:labels:*'], ['parcels:*']],
    [
      ['parcels:labels:print', 'scans:write'],
      ['parcels:*', 'scans:write'],
    ],
    [[], []],
  ])('%j may be handed out by whoever may hand out %j', (scopes, grantable) => {
    expect(record({ scopes, grantable }).scopes).toEqual(scopes);
  });

  it.each<[string[], string[], string]>([
    [['parcels:read'], [], 'parcels:read'],
    [['parcels:*'], ['parcels:read'], 'parcels:*'],
    [['parcels:*'], ['parcels:labels:*'], 'parcels:*'],
    [['parcels'], ['parcels:*'], 'parcels'],
    [['parcels:read'], ['*'], 'parcels:read'],
    [['parcels:read', 'scans:write'], ['parcels:*'], 'scans:write'],
    [['Parcels:read'], ['parcels:*'], 'Parcels:read'],
  ])('%j can not be handed out by whoever may hand out %j', (scopes, grantable, refused) => {
    const make = () => record({ scopes, grantable });
    expect(make).toThrow(PortcullisError);
    expect(make).toThrow(
      expect.objectContaining({ code: 'ungrantable_scope', reason: expect.stringContaining(refused) }),
    );
  });

  it('may be any where nobody limits them', () => {
    expect(checkedScopes(['admin:*'])).toEqual(['admin:*']);
  });
});

describe('networks', () => {
  it('are kept in their canonical form, each once', () => {
    const networks = ['10.1.2.3/8', '192.0.2.7', '2001:DB8::7/32', '::ffff:192.0.2.7', '::1', '10.0.0.0/8'];
    expect(record({ networks }).networks).toEqual(['10.0.0.0/8', '192.0.2.7/32', '2001:db8::/32', '::1/128']);
  });

  it.each([
    '',
    'localhost',
    '10.0.0',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '010.0.0.1',
    '::/129',
    ' ::1',
    7,
    null,
  ])('such as %j are refused', (network) => {
    expect(() => record({ networks: ['10.0.0.0/8', network] })).toThrow(TypeError);
  });

  it('are named by what is wrong', () => {
    expect(() => record({ networks: ['10.0.0.0/8', 'localhost'] })).toThrow(
      '"localhost" is neither an address nor a network in CIDR notation',
    );
  });

  it('are 1 to 100: none at all would be a key for nowhere', () => {
    const distinct = (count: number) => Array.from({ length: count }, (_, at) => `10.0.0.${at}`);
    expect(record({ networks: distinct(MAX_NETWORKS) }).networks).toHaveLength(100);
    expect(() => record({ networks: distinct(MAX_NETWORKS + 1) })).toThrow('1 to 100');
    expect(() => record({ networks: [] })).toThrow('1 to 100');
  });
});

describe('a rate limit', () => {
  it.each([
    { requests: 1, windowSeconds: 1 },
    { requests: 1_000_000_000, windowSeconds: MAX_WINDOW_SECONDS },
  ])('may be %j', (rateLimit) => {
    expect(record({ rateLimit }).rateLimit).toEqual(rateLimit);
  });

  it('is nothing but its two numbers', () => {
    const rateLimit = { requests: 1, windowSeconds: 1 };
    expect(record({ rateLimit: { ...rateLimit, burst: 3 } }).rateLimit).toEqual(rateLimit);
  });

  const VALUES = [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null, undefined];
  it.each([
    ...VALUES.map((requests) => ({ requests, windowSeconds: 60 })),
    ...VALUES.map((windowSeconds) => ({ requests: 60, windowSeconds })),
    { requests: 1, windowSeconds: MAX_WINDOW_SECONDS + 1 },
    {},
    [],
    7,
    null,
  ])('can not be %p', (rateLimit) => {
    expect(() => record({ rateLimit })).toThrow(TypeError);
  });
});
