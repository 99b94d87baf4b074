import { ApiKeyService } from '@portcullis/auth';
import * as client from 'openid-client';
import { describeOnPlatforms } from '../support/running-app.js';
import { Browser } from './browser.js';
import { CALLBACK, SECRET } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

describeOnPlatforms('what a client asks by a form on %s', (running) => {
  const server = new ServerUnderTest(running);
  beforeAll(() => server.start());

  const post = (path: string, body: string | URLSearchParams, headers: Record<string, string> = {}) =>
    running.fetch(path, { method: 'POST', redirect: 'manual', body, headers });

  it('becomes the link that asks the same, of whoever is logged in', async () => {
    const browser = new Browser(server.url);
    const config = await server.discover('pages');
    await server.authorize(config, {}, browser);
    const question = client.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid parcels:read',
      code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
      state: 'ä & = %20+',
    });
    const asked = browser.asked.length;
    const place = (await browser.visitByForm(question)) as URL;
    expect(`${place.origin}${place.pathname}`).toBe(CALLBACK);
    expect(place.searchParams.get('code')).toMatch(/^\S+$/);
    expect(place.searchParams.get('state')).toBe('ä & = %20+');
    expect(browser.asked).toHaveLength(asked);
    const page = (await browser.visitByForm(new URL(`${server.url}/oauth/logout`))) as Response;
    expect(await page.text()).toContain('name="xsrf"');
  });

  it('is refused, and leads nowhere, where it is no form, is too long, or holds a secret', async () => {
    const { key } = await running.app.get(ApiKeyService).create({ appId: 'desk', name: 'desk', scopes: [] });
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const bad: [string, string, Record<string, string>][] = [
      ['malformed_request', '{"client_id":"pages"}', { 'content-type': 'application/json' }],
      ['malformed_request', `client_id=pages&state=${'x'.repeat(5_000)}`, form],
      ['invalid_request', `client_id=partner&client_secret=${SECRET}`, form],
      ['invalid_request', `client_id=pages&state=${key}`, form],
      ...['client_assertion', 'access_token', 'refresh_token', 'code', 'password'].map(
        (name): [string, string, Record<string, string>] => [
          'invalid_request',
          `client_id=pages&${name}=x`,
          form,
        ],
      ),
    ];
    for (const path of ['/oauth/authorize', '/oauth/logout'])
      for (const [code, body, headers] of bad) {
        const response = await post(path, body, headers);
        expect([response.status, response.headers.get('location')]).toEqual([400, null]);
        expect(await response.json()).toMatchObject({ code });
      }
    expect(JSON.stringify(running.events.all)).not.toContain(key);
  });
});
