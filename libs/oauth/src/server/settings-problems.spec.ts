import type { OAuthServerSettings } from './server-settings.js';
import { problemsOf } from './settings-problems.js';

const SETTINGS: OAuthServerSettings = {
  ...{
    login: '/login',
    consent: '/consent',
    clients: [],
    introspectedBy: [],
    clientNetworks: [],
    resources: {},
    tokenLookups: { requests: 1, windowSeconds: 1 },
    authorizationRequests: { requests: 1, windowSeconds: 1 },
    texts: {},
  },
  scopes: { 'parcels:read': 'See your parcels' },
  claimsOf: undefined,
  ...{ registration: undefined, clientDocuments: undefined },
  ...{ codeSeconds: 60, deviceCodeSeconds: 600, interactionSeconds: 600, refreshTokenSeconds: 60 },
  ...{ idTokenSeconds: 300, consentSeconds: 60, refreshGraceSeconds: 0 },
};
const OTHER = { scopes: { 'orders:read': 'See your orders' } };

describe('the settings of an authorization server', () => {
  it('make sense', () => {
    expect(problemsOf(SETTINGS)).toEqual([]);
    expect(problemsOf({ ...SETTINGS, resources: { 'https://a.example': OTHER } })).toEqual([]);
  });

  it.each<[what: string, settings: object, problem: RegExp]>([
    ['a page elsewhere', { login: 'https://evil.example' }, /^login must be a path/],
    ['a page of whatever host comes', { consent: '//evil.example' }, /^consent must be a path/],
    ['no scopes', { scopes: {} }, /^scopes must describe/],
    ['a scope without words', { scopes: { 'a:b': ' ' } }, /needs words/],
    ['two scopes in one', { scopes: { 'a b': 'Both' } }, /is not a scope/],
    ['a scope of the server', { scopes: { openid: 'Who you are' } }, /is the server's own/],
    ['an API with a fragment', { resources: { 'https://a.example#b': OTHER } }, /must be an absolute URI/],
    [
      'a limit that lets nobody ask',
      { tokenLookups: { requests: 0, windowSeconds: 60 } },
      /^tokenLookups must/,
    ],
    ['no limit', { tokenLookups: null }, /^tokenLookups must/],
    [
      'no such limit',
      { authorizationRequests: { requests: 1.5, windowSeconds: 60 } },
      /^authorizationRequests must/,
    ],
    ['an API as a text', { introspectedBy: 'gateway' }, /^introspectedBy must be a list/],
    [
      'another API as a text',
      { resources: { 'https://a.example': { ...OTHER, introspectedBy: 'gateway' } } },
      /^resources: https:\/\/a\.example: introspectedBy must be a list/,
    ],
    ['an openness of other words', { registration: { scopes: [], openTo: 'all', maxClients: 1 } }, /openTo/],
    ['hosts as a text', { clientDocuments: { scopes: [], hosts: 'a.example' } }, /hosts must be a list/],
    ['a code that works for ever', { codeSeconds: Number.POSITIVE_INFINITY }, /^codeSeconds/],
  ])('are refused in words: %s', (_, settings, problem) => {
    expect(problemsOf({ ...SETTINGS, ...settings })).toEqual([expect.stringMatching(problem)]);
  });
});
