import { SessionService } from '@portcullis/auth';
import { TestClock } from '@portcullis/testing';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { describeOnPlatforms } from '../support/running-app.js';
import { Browser } from './browser.js';
import { API, CALLBACK, SECRET } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

const PARTNER = 'https://partner.example';
const UNKNOWN = 'https://elsewhere.example';
const VERIFIER = 'v'.repeat(43);
const SCOPE = 'parcels:read orders:read';

/** What is asked for, as often as it is named. What comes of it: the API that the token is for, or an error. */
interface Row {
  readonly resources: readonly string[];
  /** Where people agree, to whatever of it, and several may be asked for at once. */
  readonly agreed: string;
  readonly credentials?: string;
  readonly exchanged?: string;
}

const ROWS: Readonly<Record<string, Row>> = {
  none: { resources: [], agreed: API },
  'an empty one': { resources: [''], agreed: API },
  'this API': { resources: [API], agreed: API },
  'another API': { resources: [PARTNER], agreed: PARTNER },
  'this one twice': { resources: [API, API], agreed: API, exchanged: 'invalid_request' },
  'another one twice': { resources: [PARTNER, PARTNER], agreed: PARTNER, exchanged: 'invalid_request' },
  both: {
    ...{ resources: [API, PARTNER], agreed: API },
    ...{ credentials: 'invalid_target', exchanged: 'invalid_request' },
  },
  'an unknown one': { resources: [UNKNOWN], agreed: 'invalid_target' },
  'an unknown one besides': {
    resources: [API, UNKNOWN],
    agreed: 'invalid_target',
    exchanged: 'invalid_request',
  },
  'one with a slash': { resources: [`${API}/`], agreed: 'invalid_target' },
  'one with a fragment': { resources: [`${API}#x`], agreed: 'invalid_target' },
  'no URI': { resources: ['api'], agreed: 'invalid_target' },
};

interface Answer {
  readonly error?: string;
  readonly access_token: string;
  readonly refresh_token: string;
  readonly device_code: string;
  readonly user_code: string;
  readonly request_uri: string;
}

describeOnPlatforms('the APIs that are asked for on %s', (running) => {
  const server = new ServerUnderTest(running);
  const clock = new TestClock();
  let challenge: string;
  beforeAll(async () => {
    challenge = await client.calculatePKCECodeChallenge(VERIFIER);
    const scopes = ['parcels:*', 'orders:*'];
    await server.start({
      portcullis: { now: clock.now },
      server: {
        clients: [
          { clientId: 'pages', name: 'Some Pages', kind: 'browser', redirectUris: [CALLBACK], scopes },
          { clientId: 'scale', name: 'A Scale', kind: 'device', scopes },
          {
            ...{ clientId: 'backend', name: 'A Backend', kind: 'machine', secrets: [SECRET] },
            ...{ mayExchange: true, consent: 'skip', scopes: SCOPE.split(' ') },
          },
        ],
        resources: { [PARTNER]: { scopes: { 'orders:read': 'See your orders' } } },
      },
    });
  });

  const post = async (
    path: string,
    fields: Record<string, string>,
    resources: readonly string[] = [],
  ): Promise<Answer> => {
    const body = new URLSearchParams(fields);
    for (const resource of resources) body.append('resource', resource);
    return (await running.fetch(`/oauth/${path}`, { method: 'POST', body })).json() as Promise<Answer>;
  };
  /** The API of a token with what it may do there, or the error. */
  const gotIn = ({ error, access_token }: Answer) => {
    if (error !== undefined) return [error];
    const { aud, scope } = decodeJwt(access_token);
    return [aud, scope];
  };
  const expectedOf = (outcome: string) => {
    if (outcome === API) return [API, 'parcels:read'];
    return outcome === PARTNER ? [PARTNER, 'orders:read'] : [outcome];
  };
  const backend = { client_id: 'backend', client_secret: SECRET };
  const rows = Object.entries(ROWS).map(([name, row]) => ({ name, ...row }));

  it.each(rows)('for a client itself: $name', async ({ resources, agreed, credentials = agreed }) => {
    const fields = { ...backend, grant_type: 'client_credentials', scope: SCOPE };
    expect(gotIn(await post('token', fields, resources))).toEqual(expectedOf(credentials));
  });

  const exchange = async (further: Record<string, string>, resources: readonly string[] = []) =>
    post(
      'token',
      {
        ...{ ...backend, grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange' },
        ...{ subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
        ...{ subject_token: await new Browser(server.url).logIn(), ...further },
      },
      resources,
    );

  it.each(rows)('in exchange: $name', async ({ resources, agreed, exchanged = agreed }) => {
    expect(gotIn(await exchange({}, resources))).toEqual(expectedOf(exchanged));
  });

  it.each<[string, Record<string, string>]>([
    ['invalid_target', { resource: API, audience: PARTNER }],
    ['invalid_target', { audience: UNKNOWN }],
    ['invalid_request', { actor_token_type: 'urn:ietf:params:oauth:token-type:access_token' }],
  ])('in exchange: %s for %j', async (error, fields) => {
    expect(gotIn(await exchange(fields))).toEqual([error]);
  });

  it.each(rows)('by a code: $name, and people see all of it', async ({ resources, agreed }) => {
    const pushed = await post(
      'par',
      {
        ...{ client_id: 'pages', response_type: 'code', redirect_uri: CALLBACK, scope: `openid ${SCOPE}` },
        ...{ code_challenge: challenge, code_challenge_method: 'S256' },
      },
      resources,
    );
    if (pushed.error !== undefined) return expect(gotIn(pushed)).toEqual(expectedOf(agreed));
    const browser = new Browser(server.url);
    const query = new URLSearchParams({ client_id: 'pages', request_uri: pushed.request_uri });
    const place = (await browser.visit(`${server.url}/oauth/authorize?${query}`)) as URL;
    const code = place.searchParams.get('code') as string;
    const fields = { grant_type: 'authorization_code', client_id: 'pages', redirect_uri: CALLBACK };
    const tokens = await post('token', { ...fields, code, code_verifier: VERIFIER });
    expect(gotIn(tokens)).toEqual(expectedOf(agreed));
    const shown = browser.asked.at(-1)?.scopes.map(({ description }) => description);
    expect(shown).toEqual(['Know who you are', ...descriptionsFor(resources)]);
    await expectRefreshes('pages', tokens, resources);
  });

  it.each(rows)('by a device: $name, and people see all of it', async ({ resources, agreed }) => {
    const begun = await post('device-authorization', { client_id: 'scale', scope: SCOPE }, resources);
    if (begun.error !== undefined) return expect(gotIn(begun)).toEqual(expectedOf(agreed));
    const browser = new Browser(server.url);
    const { question } = await browser.typeCode(begun.user_code);
    expect([...question.matchAll(/<li>(.*?)<\/li>/g)].map(([, text]) => text)).toEqual([
      ...descriptionsFor(resources),
      // It has not asked for that, and goes on all the same.
      'Do so also while you are not logged in',
    ]);
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
    const poll = { grant_type, client_id: 'scale', device_code: begun.device_code };
    // What is refused uses nothing up.
    expect((await post('token', poll, [UNKNOWN])).error).toBe('invalid_target');
    const tokens = await post('token', poll);
    expect(gotIn(tokens)).toEqual(expectedOf(agreed));
    const { sid } = decodeJwt(browser.accessToken as string);
    await running.app.get(SessionService).end(sid as string, { reason: 'logged out' });
    await expectRefreshes('scale', tokens, resources);
  });

  const descriptionsFor = (resources: readonly string[]) => [
    ...(resources.includes(PARTNER) && !resources.includes(API) ? [] : ['See your parcels']),
    ...(resources.includes(PARTNER) ? ['See your orders'] : []),
  ];

  /** For each API that was agreed to, and for no other. */
  const expectRefreshes = async (client_id: string, { refresh_token }: Answer, asked: readonly string[]) => {
    let current = refresh_token;
    const granted = asked.filter((one) => one !== '');
    for (const resource of [API, PARTNER, UNKNOWN, `${API}#x`]) {
      const fields = { grant_type: 'refresh_token', client_id, refresh_token: current };
      const answer = await post('token', fields, [resource]);
      const isGranted = granted.length === 0 ? resource === API : granted.includes(resource);
      expect(gotIn(answer)).toEqual(expectedOf(isGranted ? resource : 'invalid_target'));
      current = answer.refresh_token ?? current;
    }
  };
});
