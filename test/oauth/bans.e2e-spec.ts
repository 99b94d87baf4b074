import { BanService } from '@portcullis/auth';
import * as client from 'openid-client';
import { describeOnPlatforms } from '../support/running-app.js';
import { Browser } from './browser.js';
import { CALLBACK } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

describeOnPlatforms('bans at the authorization server on %s', (running) => {
  const server = new ServerUnderTest(running);
  beforeEach(async () => {
    await server.start({ portcullis: { bans: { privateAddresses: true }, events: { log: false } } as never });
  });
  const post = (path: string, fields: Record<string, string>) =>
    running.fetch(path, { method: 'POST', body: new URLSearchParams(fields) });
  const bans = async () => (await running.app.get(BanService).list({})).bans.map(({ rule }) => rule);

  it('hold before it', async () => {
    await running.app.get(BanService).ban('127.0.0.1', { reason: 'a test' });
    for (const path of ['/oauth/authorize', '/oauth/token', '/oauth/interaction/any/details']) {
      const response = await running.fetch(path);
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
        403,
        'address_banned',
      ]);
    }
  });

  it('are for wrong secrets of clients', async () => {
    const fields = { grant_type: 'client_credentials', client_id: 'robot' };
    for (let index = 0; index < 19; index++)
      expect((await post('/oauth/token', { ...fields, client_secret: `wrong ${index}` })).status).toBe(401);
    expect(await bans()).toEqual([]);
    await post('/oauth/token', { ...fields, client_secret: 'wrong' });
    expect(await bans()).toEqual(['client-guessing']);
    expect((await post('/oauth/token', fields)).status).toBe(403);
    const reasons = running.events.of('request.refused').map(({ reason }) => reason);
    expect(reasons[0]).toContain('invalid secret provided');
    expect(JSON.stringify(running.events.all)).not.toContain('wrong 1');
  });

  it('are for codes that are none', async () => {
    const fields = {
      grant_type: 'authorization_code',
      client_id: 'pages',
      redirect_uri: CALLBACK,
      code_verifier: 'v'.repeat(43),
    };
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => post('/oauth/token', { ...fields, code: `code-${index}` })),
    );
    expect(await bans()).toEqual(['code-guessing']);
  });

  it('are not for honest people, wherever they want to go on', async () => {
    const config = await server.discover('pages');
    for (const state of ['/app/../../home', "' or 1=1 --", '<script>'])
      for (let times = 0; times < 3; times++) {
        const url = client.buildAuthorizationUrl(config, {
          redirect_uri: CALLBACK,
          scope: 'openid',
          code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
          code_challenge_method: 'S256',
          state,
        });
        const place = (await new Browser(server.url).visit(url)) as URL;
        expect(place.searchParams.get('state')).toBe(state);
      }
    expect(await bans()).toEqual([]);
    expect(running.events.of('address.struck')).toEqual([]);
  });

  it('are not for browsers that ask first, nor for clients without a login', async () => {
    for (let times = 0; times < 60; times++) {
      const response = await running.fetch('/oauth/token', {
        method: 'OPTIONS',
        headers: { origin: 'https://client.example', 'access-control-request-method': 'POST' },
      });
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([
        204,
        'https://client.example',
      ]);
    }
    const silent = await server.authorize(await server.discover('pages'), { prompt: 'none' });
    expect(silent.place.searchParams.get('error')).toBe('login_required');
    expect(running.events.of('address.struck')).toEqual([]);
  });
});
