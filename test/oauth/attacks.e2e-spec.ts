import { RevocationService, TokenIssuer } from '@portcullis/auth';
import { TestClock, TestProofKey } from '@portcullis/testing';
import * as client from 'openid-client';
import { rawRequest } from '../support/raw-connection.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { Browser } from './browser.js';
import { API, CALLBACK, CLIENTS, SECRET } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

const LOOPBACK = 'http://127.0.0.1/back';

describeOnPlatforms('the authorization server under attack on %s', (running) => {
  const server = new ServerUnderTest(running);
  const clock = new TestClock();
  beforeAll(() =>
    server.start({
      portcullis: { now: clock.now },
      server: {
        clients: [
          ...CLIENTS,
          { clientId: 'app', name: 'App', kind: 'native', redirectUris: [LOOPBACK, 'http://[::1]/back'] },
          {
            clientId: 'page',
            name: 'Page',
            kind: 'browser',
            redirectUris: [LOOPBACK, 'http://localhost/back'],
          },
          {
            ...{ clientId: 'backend', name: 'A Backend', kind: 'machine', mayExchange: true },
            ...{ scopes: ['parcels:read'], secrets: [SECRET] },
          },
        ],
      },
    }),
  );
  const post = async (path: string, body: URLSearchParams | [string, string][], headers = {}) => {
    const response = await running.fetch(path, { method: 'POST', body: new URLSearchParams(body), headers });
    const text = await response.text();
    return {
      status: response.status,
      text,
      error: text.startsWith('{') ? JSON.parse(text).error : undefined,
    };
  };
  const basic = (id: string, secret = SECRET) => ({
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
  });
  const MACHINE: [string, string][] = [
    ['grant_type', 'client_credentials'],
    ['scope', 'parcels:read'],
  ];

  it.each<[string, string, boolean]>([
    ['app', 'http://127.0.0.1:49152/back', true],
    ['app', 'http://[::1]:1/back', true],
    ['app', 'http://127.0.0.1/back', true],
    ['app', 'http://127.0.0.1:49152/back/', false],
    ['app', 'http://127.0.0.1:49152/back?a=b', false],
    ['app', 'http://127.0.0.1:49152/BACK', false],
    ['app', 'https://127.0.0.1:49152/back', false],
    ['app', 'http://127.0.0.2:49152/back', false],
    ['app', 'http://127.1:49152/back', false],
    ['app', 'http://2130706433:49152/back', false],
    ['app', 'http://localhost:49152/back', false],
    ['app', 'http://127.0.0.1.evil.example:49152/back', false],
    ['app', 'http://127.0.0.1:49152@evil.example/back', false],
    ['app', 'http://user@127.0.0.1:49152/back', false],
    ['app', 'http://127.0.0.1:49152/back#x', false],
    ['app', 'http://127.0.0.1:99999/back', false],
    ['page', 'http://127.0.0.1/back', true],
    ['page', 'http://127.0.0.1:49152/back', false],
    ['page', 'http://localhost:49152/back', false],
  ])('%s comes back to %s: %s', async (clientId, redirect_uri, isRight) => {
    const config = await server.discover(clientId, client.None());
    const begun = server.authorize(config, { redirect_uri, scope: 'openid', prompt: 'none' });
    if (isRight) expect((await begun).place.searchParams.get('error')).toBe('login_required');
    else await expect(begun).rejects.toThrow(/A page instead of a code: 400/);
  });

  it.each<[string, [string, string][], object]>([
    [
      'two secrets',
      [
        ['client_id', 'robot'],
        ['client_secret', SECRET],
      ],
      basic('robot'),
    ],
    ['two names', [['client_id', 'shop']], basic('robot')],
    [
      'a name twice',
      [
        ['client_id', 'robot'],
        ['client_id', 'robot'],
        ['client_secret', SECRET],
      ],
      {},
    ],
    [
      'a secret twice',
      [
        ['client_id', 'robot'],
        ['client_secret', SECRET],
        ['client_secret', SECRET],
      ],
      {},
    ],
    [
      'a secret and an assertion',
      [
        ['client_id', 'robot'],
        ['client_secret', SECRET],
        ['client_assertion', 'a.b.c'],
      ],
      {},
    ],
    [
      'a grant twice',
      [
        ['client_id', 'robot'],
        ['client_secret', SECRET],
        ['grant_type', 'refresh_token'],
      ],
      {},
    ],
    [
      'a huge name',
      [
        ['client_id', 'r'.repeat(50_000)],
        ['client_secret', SECRET],
      ],
      {},
    ],
    [
      'a huge secret',
      [
        ['client_id', 'robot'],
        ['client_secret', 's'.repeat(50_000)],
      ],
      {},
    ],
    [
      'a huge form',
      [
        ['client_id', 'robot'],
        ['client_secret', SECRET],
        ['more', 'x'.repeat(100_000)],
      ],
      {},
    ],
    [
      'a name that is a property',
      [
        ['client_id', '__proto__'],
        ['client_secret', SECRET],
      ],
      {},
    ],
    [
      'a secret that is no text',
      [
        ['client_id', 'robot'],
        ['client_secret', '\u0000'],
      ],
      {},
    ],
  ])('gives nothing for %s', async (_, fields, headers) => {
    const { status, text } = await post('/oauth/token', [...MACHINE, ...fields], headers);
    expect([400, 401]).toContain(status);
    expect(text).not.toContain('access_token');
  });

  it.each(['scale', 'robot'])(
    'takes an empty secret in the header for no password, nor for a guess: %s',
    async (id) => {
      const { status, error } = await post('/oauth/token', MACHINE, basic(id, ''));
      expect([status, error]).toEqual([400, 'invalid_request']);
    },
  );

  it.each(['token', 'introspect', 'revoke', 'par', 'device-authorization', 'userinfo'])(
    'looks at neither of two Authorization headers: %s',
    async (endpoint) => {
      const right = `Authorization: ${basic('shop').authorization}`;
      for (const other of [right, 'Authorization: Basic eDp5', 'authorization: Bearer x']) {
        const { status, body } = await rawRequest(server.url, `POST /oauth/${endpoint}`, [right, other]);
        expect([status, JSON.parse(body).code]).toEqual([400, 'invalid_request']);
      }
    },
  );

  it('takes a pushed request from its client alone, and once', async () => {
    const push = async () => {
      const fields: [string, string][] = Object.entries({
        ...{
          client_id: 'shop',
          response_type: 'code',
          redirect_uri: CALLBACK,
          scope: 'openid',
          code_challenge_method: 'S256',
        },
        code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
      });
      const { text } = await post('/oauth/par', fields, basic('shop'));
      return JSON.parse(text).request_uri as string;
    };
    const visit = (client_id: string, request_uri: string, browser = new Browser(server.url)) =>
      browser.visit(`${server.url}/oauth/authorize?${new URLSearchParams({ client_id, request_uri })}`);
    const request = await push();
    const foreign = await visit('pages', request);
    expect(foreign instanceof URL ? foreign.searchParams.get('code') : null).toBeNull();
    const all = await Promise.all([1, 2, 3, 4].map(() => push().then((uri) => visit('shop', uri))));
    expect(all.every((place) => place instanceof URL && place.searchParams.has('code'))).toBe(true);
    // However long their users take.
    const slow = await push();
    const browser = new Browser(server.url);
    const led = await browser.fetch(
      `${server.url}/oauth/authorize?${new URLSearchParams({ client_id: 'shop', request_uri: slow })}`,
    );
    clock.forward(300);
    const late = await browser.visit(new URL(led.headers.get('location') as string, server.url));
    expect(late instanceof URL && late.searchParams.has('code')).toBe(true);
    const shared = await push();
    const once = await Promise.all([1, 2, 3, 4].map(() => visit('shop', shared)));
    expect(once.filter((place) => place instanceof URL && place.searchParams.has('code'))).toHaveLength(1);
  });

  describe('exchanges no token', () => {
    const issue = (parameters: object = {}) =>
      running.app.get(TokenIssuer).issue({ subject: 'ada', clientId: 'web', ...parameters });
    const exchange = (subject_token: string, further: Record<string, string> = {}) =>
      post(
        '/oauth/token',
        Object.entries({
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          subject_token,
          ...further,
        }),
        basic('backend'),
      );
    it.each<[string, () => Promise<string>]>([
      [
        'of a key of somebody else',
        async () =>
          (
            await issue({
              sessionId: 's',
              scopes: ['parcels:read'],
              confirmation: new TestProofKey().confirmation,
            })
          ).accessToken,
      ],
      [
        'for another audience',
        async () =>
          (await issue({ sessionId: 's', scopes: ['parcels:read'], audience: 'https://other.example' }))
            .accessToken,
      ],
      [
        'that was revoked',
        async () => {
          const { accessToken, tokenId } = await issue({ sessionId: 's2', scopes: ['parcels:read'] });
          await running.app.get(RevocationService).revokeToken(tokenId, { reason: 'a test' });
          return accessToken;
        },
      ],
      [
        'that is over',
        async () => {
          const { accessToken } = await issue({
            sessionId: 's3',
            scopes: ['parcels:read'],
            lifetimeSeconds: 60,
          });
          clock.forward(600);
          return accessToken;
        },
      ],
      [
        'of a client',
        async () => JSON.parse((await post('/oauth/token', MACHINE, basic('robot'))).text).access_token,
      ],
      ['that is none', async () => 'x'.repeat(40_000)],
    ])('%s', async (_, make) => {
      expect(await exchange(await make())).toMatchObject({ status: 400, error: 'invalid_grant' });
    });

    it('whose proof is none, or of another place', async () => {
      const { accessToken } = await issue({ sessionId: 's', scopes: ['parcels:read'] });
      const wrong = new TestProofKey().proof({ method: 'POST', url: `${API}/oauth/token` });
      for (const dpop of ['none', wrong]) {
        const response = await running.fetch('/oauth/token', {
          method: 'POST',
          headers: { ...basic('backend'), dpop },
          body: new URLSearchParams({
            grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
            subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
            subject_token: accessToken,
          }),
        });
        expect([response.status, await response.json()]).toMatchObject([
          400,
          { error: 'invalid_dpop_proof' },
        ]);
      }
    });
  });
});
