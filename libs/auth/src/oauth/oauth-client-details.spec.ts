import { generateKeyPairSync } from 'node:crypto';
import { checkedClient, type NewOAuthClient } from './oauth-client-details.js';

const BACK = 'https://shop.example/back';
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const JWK = { ...publicKey.export({ format: 'jwk' }), kid: 'k1' };

const check = (client: Partial<NewOAuthClient>, isTriedOutHere = false) =>
  checkedClient({ name: 'Shop', kind: 'web', ...client } as NewOAuthClient, isTriedOutHere);

it('has defaults by its kind', () => {
  const redirectUris = [BACK];
  const nothing = {
    postLogoutRedirectUris: [],
    backchannelLogoutUri: null,
    scopes: [],
    jwks: null,
    jwksUri: null,
  };
  const rest = {
    consent: 'ask',
    binding: 'accept',
    accessTokenSeconds: null,
    claims: 'full',
    mayExchange: false,
    isRegistered: false,
  };
  const expected = { ...nothing, ...rest, redirectUris };
  expect(check({ redirectUris }).details).toEqual({ ...expected, kind: 'web', authentication: 'secret' });
  for (const kind of ['browser', 'native'] as const)
    expect(check({ kind, redirectUris }).details).toEqual({ ...expected, kind, authentication: 'none' });
  for (const [kind, authentication] of [
    ['device', 'none'],
    ['machine', 'secret'],
  ] as const)
    expect(check({ kind }).details).toEqual({ ...expected, redirectUris: [], kind, authentication });
});

it.each([
  'https://shop.example/back',
  'https://shop.example',
  'https://shop.example:8443/back?tenant=a&x=%20',
  'https://xn--bcher-kva.example/',
])('lets browsers come back to %s', (uri) => {
  for (const kind of ['web', 'browser', 'native'] as const)
    expect(check({ kind, redirectUris: [uri] }).details.redirectUris).toEqual([uri]);
});

it.each([
  'http://127.0.0.1/back',
  'http://127.0.0.1:3000/back',
  'http://[::1]/back',
  'com.example.app:/back',
])('lets only native clients have %s', (uri) => {
  expect(check({ kind: 'native', redirectUris: [uri] }).details.redirectUris).toEqual([uri]);
  for (const kind of ['web', 'browser'] as const)
    expect(() => check({ kind, redirectUris: [uri] })).toThrow('must be https');
});

it.each(['http://localhost:5173/back', 'http://127.0.0.1:5173/'])(
  'lets pages be at %s where the server itself is tried out on this machine',
  (uri) => {
    expect(check({ kind: 'browser', redirectUris: [uri] }, true).details.redirectUris).toEqual([uri]);
    expect(() => check({ kind: 'browser', redirectUris: [uri] })).toThrow('must be https');
    expect(() => check({ kind: 'browser', redirectUris: ['http://shop.example/'] }, true)).toThrow(
      'must be https',
    );
  },
);

it.each([
  ['http://shop.example/back', 'must be https'],
  ['https://shop.example/back#fragment', 'no fragment'],
  ['https://shop.example/back#', 'no fragment'],
  ['https://*.shop.example/back', 'no wildcard'],
  ['https://shop.example/*', 'no wildcard'],
  ['https://ann:secret@shop.example/', 'no credentials'],
  ['https://ann@shop.example/', 'no credentials'],
  ['https://shop.example/a/../back', 'is to be written as "https://shop.example/back"'],
  ['https://shop.example/a/%2e%2e/back', 'is to be written as'],
  ['https://SHOP.example/back', 'is to be written as'],
  ['https://shop.example:443/back', 'is to be written as'],
  ['https:\\\\shop.example\\back', 'is to be written as'],
  [' https://shop.example/back', 'is to be written as'],
  ['https://shop.example/back\n', 'is to be written as'],
  ['https://bücher.example/', 'is to be written as'],
  ['https://2130706433/', 'is to be written as'],
  ['/back', 'is no URI'],
  ['', 'is no URI'],
  [`https://shop.example/${'a'.repeat(2_000)}`, 'is no URI'],
  ['javascript:alert(1)', 'must be https'],
  ['data:text/html,x', 'must be https'],
  ['file:///etc/passwd', 'must be https'],
  ['ftp://shop.example/', 'must be https'],
  ['myapp:/back', 'must be https'],
  ['http://localhost/back', 'must be https'],
  ['http://127.0.0.1.evil.example/back', 'must be https'],
  ['http://127.0.0.2/back', 'must be https'],
  ['http://0.0.0.0/back', 'must be https'],
])('does not let browsers come back to %j', (uri, why) => {
  for (const kind of ['web', 'browser', 'native'] as const) {
    expect(() => check({ kind, redirectUris: [uri] })).toThrow(why);
    expect(() => check({ kind, redirectUris: [BACK], postLogoutRedirectUris: [uri] })).toThrow(why);
  }
});

it.each<[string, Partial<NewOAuthClient>]>([
  ['kind must be one of', { kind: 'spa' as never }],
  ['redirectUris must name where', { redirectUris: [] }],
  ['at most 20', { redirectUris: Array.from({ length: 21 }, (_, index) => `${BACK}${index}`) }],
  ['has no redirectUris', { kind: 'machine', redirectUris: [BACK] }],
  ['has no redirectUris', { kind: 'device', redirectUris: [BACK] }],
  ['has no postLogoutRedirectUris', { kind: 'machine', postLogoutRedirectUris: [BACK] }],
  ['has to authenticate', { redirectUris: [BACK], authentication: 'none' }],
  ['has to authenticate', { kind: 'machine', authentication: 'none' }],
  ['can keep no secret', { kind: 'browser', redirectUris: [BACK], authentication: 'secret' }],
  [
    'can keep no secret',
    { kind: 'native', redirectUris: [BACK], authentication: 'private-key-jwt', jwks: { keys: [JWK] } },
  ],
  ['authentication must be one of', { kind: 'machine', authentication: 'client_secret_jwt' as never }],
  ['for clients that authenticate', { kind: 'device', mayExchange: true }],
  ['true or false', { kind: 'machine', mayExchange: 'yes' as never }],
  ['name either jwks or jwksUri', { kind: 'machine', authentication: 'private-key-jwt' }],
  [
    'name either jwks or jwksUri',
    {
      kind: 'machine',
      authentication: 'private-key-jwt',
      jwks: { keys: [JWK] },
      jwksUri: 'https://a.example/',
    },
  ],
  ['only private-key-jwt', { kind: 'machine', jwks: { keys: [JWK] } }],
  ['only private-key-jwt', { kind: 'machine', jwksUri: 'https://a.example/keys' }],
  [
    'jwksUri must be an https URL',
    { kind: 'machine', authentication: 'private-key-jwt', jwksUri: 'http://a.example/' },
  ],
  ['1 to 10 keys', { kind: 'machine', authentication: 'private-key-jwt', jwks: { keys: [] } }],
  [
    'jwks: ',
    {
      kind: 'machine',
      authentication: 'private-key-jwt',
      jwks: { keys: [privateKey.export({ format: 'jwk' })] },
    },
  ],
  [
    'jwks: ',
    { kind: 'machine', authentication: 'private-key-jwt', jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } },
  ],
  ['backchannelLogoutUri must be', { redirectUris: [BACK], backchannelLogoutUri: 'http://shop.example/out' }],
  ['backchannelLogoutUri must be', { redirectUris: [BACK], backchannelLogoutUri: `${BACK}?out#now` }],
  [
    'backchannelLogoutUri must be',
    { redirectUris: [BACK], backchannelLogoutUri: 'https://a:b@shop.example' },
  ],
  ['is not a scope', { kind: 'machine', scopes: ['a b'] }],
  ['"*" is not a scope', { kind: 'machine', scopes: ['*'] }],
  ['at most 100', { kind: 'machine', scopes: Array.from({ length: 101 }, (_, index) => `s${index}`) }],
  ['accessTokenSeconds must be', { kind: 'machine', accessTokenSeconds: 0 }],
  ['accessTokenSeconds must be', { kind: 'machine', accessTokenSeconds: 86_401 }],
  ['accessTokenSeconds must be', { kind: 'machine', accessTokenSeconds: 1.5 }],
  ['name must be', { kind: 'machine', name: ' ' }],
  ['name must be', { kind: 'machine', name: 'x'.repeat(101) }],
  ['name must be', { kind: 'machine', name: 'Bank\u202ekcats' }],
  ['consent must be', { kind: 'machine', consent: 'never' as never }],
  ['binding must be', { kind: 'machine', binding: 'reject' as never }],
  ['claims must be', { kind: 'machine', claims: 'none' as never }],
])('refuses what makes no sense: %s', (why, client) => {
  expect(() => check(client)).toThrow(why);
});

it('keeps the public part of keys alone', () => {
  const client: Partial<NewOAuthClient> = { kind: 'machine', authentication: 'private-key-jwt' };
  const keys = [{ ...JWK, alg: 'EdDSA', use: 'sig' }];
  expect(check({ ...client, jwks: { keys } }).details.jwks).toEqual({ keys: [{ ...JWK, alg: 'EdDSA' }] });
  const jwksUri = 'https://shop.example/keys';
  expect(check({ ...client, jwksUri }).details).toMatchObject({ jwks: null, jwksUri });
});

it('takes a query in what is told of logouts, by which Apache knows what it is about', () => {
  const backchannelLogoutUri = `${BACK}?logout=backchannel`;
  const { details } = check({ redirectUris: [BACK], backchannelLogoutUri });
  expect(details.backchannelLogoutUri).toBe(backchannelLogoutUri);
});
