import { jest } from '@jest/globals';
import { OAuthArtifacts } from '@portcullis/auth/internal';
import { describeOnPlatforms } from '../support/running-app.js';
import { AS_PAGE } from './browser.js';
import { CALLBACK } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

const REQUEST = {
  client_id: 'pages',
  response_type: 'code',
  redirect_uri: CALLBACK,
  scope: 'openid parcels:read',
  code_challenge: 'a'.repeat(43),
  code_challenge_method: 'S256',
};

describeOnPlatforms('what strangers begin at the authorization server on %s', (running) => {
  const server = new ServerUnderTest(running);
  const post = (path: string, fields: Record<string, string>, from: string) =>
    running.fetch(path, {
      method: 'POST',
      headers: { 'x-forwarded-for': from },
      body: new URLSearchParams(fields),
    });
  const visit = (path: string, from: string, method = 'GET') =>
    running.fetch(path, {
      ...{ method, redirect: 'manual' },
      headers: { ...AS_PAGE.headers, 'x-forwarded-for': from },
    });
  type Beginning = (from: string, further?: Record<string, string>) => Promise<Response>;
  const BEGINNINGS: Record<string, Beginning> = {
    'to log in': (from, further) =>
      visit(`/oauth/authorize?${new URLSearchParams({ ...REQUEST, ...further })}`, from),
    'a pushed request': (from, further) => post('/oauth/par', { ...REQUEST, ...further }, from),
    'the code of a device': (from, { state: scope = 'parcels:read' } = {}) =>
      post('/oauth/device-authorization', { client_id: 'scale', scope }, from),
  };
  const ALL: Record<string, Beginning> = {
    ...BEGINNINGS,
    'a device page': (from) => visit('/oauth/device', from),
    'a logout': (from) => visit('/oauth/logout', from),
  };

  it('is bounded for each address, before anything of it is kept', async () => {
    await server.start({
      portcullis: { trustedProxies: ['127.0.0.1'] },
      server: { authorizationRequests: { requests: 2, windowSeconds: 60 } },
    });
    const keeping = jest.spyOn(running.app.get(OAuthArtifacts, { strict: false }), 'save');
    for (const [index, begin] of Object.values(ALL).entries()) {
      const from = `192.0.2.${index}`;
      for (let times = 0; times < 2; times++) expect((await begin(from)).status).toBeLessThan(400);
      const kept = keeping.mock.calls.length;
      for (let times = 0; times < 3; times++) {
        const refused = await begin(from);
        expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([
          429,
          expect.any(Number),
        ]);
        expect(await refused.text()).toContain('rate_limit_exceeded');
      }
      expect([kept, keeping.mock.calls.length]).toEqual([2 * (index + 1), kept]);
    }
  });

  it('counts together, whatever it is; whoever is elsewhere begins as before', async () => {
    const all = Object.values(ALL);
    const from = '2001:db8::1';
    const statuses = await Promise.all(all.map(async (begin) => (await begin(from)).status));
    expect(statuses.filter((status) => status === 429)).toHaveLength(3);
    expect((await BEGINNINGS['to log in']?.('2001:db8::2'))?.headers.get('content-type')).toMatch(
      /^text\/html/,
    );
    expect((await BEGINNINGS['to log in']?.('2001:db8:1::1'))?.status).toBe(303);
  });

  it('is forgotten in minutes, and is little', async () => {
    const keeping = jest.spyOn(running.app.get(OAuthArtifacts, { strict: false }), 'save');
    for (const [index, [name, begin]] of Object.entries(ALL).entries()) {
      keeping.mockClear();
      await begin(`198.51.100.${index}`);
      const [[, , payload, , end] = []] = keeping.mock.calls;
      const longest = name === 'a pushed request' ? 1_260 : 600;
      expect([name, Number(end) - Date.now() <= longest * 1000]).toEqual([name, true]);
      expect(JSON.stringify(payload).length).toBeLessThan(1_000);
    }
    for (const [index, begin] of Object.values(BEGINNINGS).entries()) {
      keeping.mockClear();
      const response = await begin(`203.0.113.${index}`, { state: 'x'.repeat(9_000) });
      const place = response.headers.get('location');
      expect(place === null ? response.status : new URL(place).searchParams.get('error')).toBe(
        place === null ? 400 : 'invalid_request',
      );
      expect(keeping).not.toHaveBeenCalled();
    }
  });
});
