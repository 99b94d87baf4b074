import type { SubjectKind } from '../subjects/subject.js';
import type { Contender, Scenario } from './scenario.js';

const bare: Contender = { kind: 'bare' };
const nodeHttp: Contender = { kind: 'node-http' };
const plainGuard: Contender = { kind: 'plain-guard' };
const portcullis: Contender = { kind: 'portcullis' };
/** The floor: our module and its hooks, on a route that asks for nobody. */
const portcullisOpen: Contender = { kind: 'portcullis', demand: 'open' };
const portcullisEdDsa: Contender = { kind: 'portcullis', algorithm: 'EdDSA' };
const passportJwt: Contender = { kind: 'passport-jwt' };

/** Each on the same ES256 tokens. */
const tokenGuards: readonly Contender[] = [
  passportJwt,
  { kind: 'jose' },
  { kind: 'fast-jwt' },
  { kind: 'auth0' },
  portcullis,
];
const stockOfOtherAlgorithms: readonly Contender[] = [
  { kind: 'passport-jwt', algorithm: 'HS256' },
  { kind: 'passport-jwt', algorithm: 'RS256' },
];
const loadedPortcullis: readonly Contender[] = [0, 100_000, 1_000_000].map((loaded) => ({
  kind: 'portcullis',
  loaded,
}));
const quickTokenGuards = [passportJwt, portcullis];

/** Auth0 says why in a header. */
const unauthorized = (ourCode: string) => (kind: SubjectKind) => {
  const texts: Partial<Record<SubjectKind, string>> = { portcullis: ourCode, auth0: '' };
  return { status: 401, body: texts[kind] ?? 'Unauthorized' };
};

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'open',
    title: 'an open route',
    demand: 'open',
    tokens: 'none',
    apiKeys: 'none',
    contenders: [bare, { kind: 'throttler' }, portcullis],
    quick: [],
  },
  {
    name: 'user-warm',
    title: 'a user, always the same token',
    demand: 'user',
    tokens: 'one',
    apiKeys: 'none',
    contenders: [bare, plainGuard, ...stockOfOtherAlgorithms, ...tokenGuards, portcullisEdDsa],
    quick: [bare, plainGuard, ...quickTokenGuards],
  },
  {
    name: 'user-warm-1000',
    title: 'a user, 1,000 tokens in turn',
    demand: 'user',
    tokens: 'thousand',
    apiKeys: 'none',
    contenders: [bare, ...tokenGuards],
    quick: [],
  },
  {
    name: 'user-cold',
    title: 'a user, every token new',
    demand: 'user',
    tokens: 'fresh',
    apiKeys: 'none',
    contenders: [bare, ...stockOfOtherAlgorithms, ...tokenGuards, portcullisEdDsa],
    quick: [bare, ...quickTokenGuards],
  },
  {
    name: 'key-warm',
    title: 'an API key, always the same',
    demand: 'app',
    tokens: 'none',
    apiKeys: 'one',
    contenders: [bare, { kind: 'passport-headerapikey' }, { kind: 'better-auth' }, portcullis],
    quick: [bare, { kind: 'passport-headerapikey' }, portcullis],
  },
  {
    name: 'key-cold',
    title: 'API keys, none remembered',
    demand: 'app',
    tokens: 'none',
    apiKeys: 'all',
    forgetsApiKeys: true,
    contenders: [bare, { kind: 'passport-headerapikey' }, portcullis],
    quick: [],
  },
  {
    name: 'full',
    title: 'an app and a user, two scopes each, revocations and bans',
    demand: 'both',
    tokens: 'one',
    apiKeys: 'one',
    contenders: [bare, plainGuard, { kind: 'passport-both' }, portcullisOpen, ...loadedPortcullis],
    quick: [bare, { kind: 'passport-both' }, portcullis, { kind: 'portcullis', loaded: 100_000 }],
  },
  {
    name: 'readme',
    title: 'the same as the README sets it up: an own issuer, SQLite, an audit log, and one proxy in front',
    demand: 'both',
    tokens: 'one',
    apiKeys: 'one',
    isForwarded: true,
    contenders: [bare, portcullisOpen, portcullis, { kind: 'readme' }],
    quick: [bare, { kind: 'readme' }],
  },
  {
    name: 'refused-none',
    title: 'refused: no credential',
    demand: 'user',
    tokens: 'none',
    apiKeys: 'none',
    refusalOf: unauthorized('credentials_required'),
    contenders: [bare, plainGuard, ...tokenGuards],
    quick: [bare, plainGuard, ...quickTokenGuards],
  },
  {
    name: 'refused-forged',
    title: 'refused: the signature is wrong',
    demand: 'user',
    tokens: 'forged',
    apiKeys: 'none',
    refusalOf: unauthorized('invalid_token'),
    contenders: [bare, ...tokenGuards],
    quick: [],
  },
  {
    name: 'banned',
    title: 'refused: the address is banned, or over its limit',
    demand: 'open',
    tokens: 'none',
    apiKeys: 'none',
    clientIsBanned: true,
    refusalOf: (kind) =>
      kind === 'portcullis'
        ? { status: 403, body: 'address_banned' }
        : { status: 429, body: 'Too Many Requests' },
    contenders: [bare, nodeHttp, { kind: 'throttler-full' }, ...loadedPortcullis],
    quick: [bare, nodeHttp, portcullis],
  },
];
