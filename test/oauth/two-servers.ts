import type { Storage } from '@portcullis/auth';
import { TestProofKey } from '@portcullis/testing';
import * as client from 'openid-client';
import { eventually } from '../support/eventually.js';
import { RunningApp } from '../support/running-app.js';
import { Users } from '../support/users.js';
import { Browser } from './browser.js';
import { CALLBACK, oauthApp, SECRET } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

/** What two instances of an authorization server with one storage do once, whichever of them is asked. */
export function holdTogether(open: () => Storage, { isCountedTogether = false } = {}): void {
  const running = new RunningApp('express');
  const other = new RunningApp('fastify');
  const server = new ServerUnderTest(running);
  beforeAll(async () => {
    const parts = () => ({
      portcullis: { storage: open() },
      server: {
        registration: { openTo: 'everybody' as const },
        clientDocuments: { hosts: ['127.0.0.1'] },
        tokenLookups: { requests: 7, windowSeconds: 60 },
      },
    });
    await server.start(parts());
    await other.start(oauthApp({ url: server.url, ...parts() }));
    await other.app.get(Users, { strict: false }).add('ada');
  }, 60_000);
  afterAll(() => Promise.all([running.close(), other.close()]));

  /** Some requests at the same time, at the one and at the other in turn. */
  const everywhere = (count: number, ask: (at: RunningApp) => Promise<Response>): Promise<Response[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => ask(index % 2 === 0 ? running : other)));
  const post =
    (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    (at: RunningApp): Promise<Response> =>
      at.fetch(path, { method: 'POST', body: new URLSearchParams(fields), headers });
  const statusesOf = async (token: string) =>
    Promise.all([running, other].map((at) => at.statusOf('/me', { authorization: `Bearer ${token}` })));
  const errorIn = async (response: Response) => ((await response.json()) as { error: string }).error;

  it('give one token for one code that is redeemed at both at the same time, and end it when it comes again', async () => {
    const { place, verifier } = await server.authorize(await server.discover('pages'));
    const redeem = post('/oauth/token', {
      grant_type: 'authorization_code',
      client_id: 'pages',
      redirect_uri: CALLBACK,
      code: place.searchParams.get('code') as string,
      code_verifier: verifier,
    });
    const all = await everywhere(6, redeem);
    const good = all.filter(({ status }) => status === 200);
    expect([good.length, all.filter(({ status }) => status === 400).length]).toEqual([1, 5]);
    const { access_token } = (await (good[0] as Response).json()) as { access_token: string };
    expect(await statusesOf(access_token)).toEqual([200, 200]);
    expect(await errorIn(await redeem(all.indexOf(good[0] as Response) % 2 === 0 ? other : running))).toBe(
      'invalid_grant',
    );
    await eventually(async () => (await statusesOf(access_token)).every((status) => status === 401));
  });

  it('take one proof once', async () => {
    const proof = new TestProofKey().proof({ method: 'POST', url: `${server.url}/oauth/token` });
    const fields = { grant_type: 'client_credentials', client_id: 'robot', client_secret: SECRET };
    const all = await everywhere(
      5,
      post('/oauth/token', { ...fields, scope: 'parcels:read' }, { dpop: proof }),
    );
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('know how often a device has asked', async () => {
    const config = await server.discover('scale', client.None());
    const { device_code } = await client.initiateDeviceAuthorization(config, { scope: 'parcels:read' });
    const all = await everywhere(
      6,
      post('/oauth/token', { grant_type: DEVICE_CODE, client_id: 'scale', device_code }),
    );
    const errors = await Promise.all(all.map(errorIn));
    expect(errors.sort()).toEqual(['authorization_pending', ...Array(5).fill('slow_down')]);
  });

  if (isCountedTogether)
    it('count together what one address may ask for', async () => {
      const register = (at: RunningApp) => at.fetch('/oauth/register', { method: 'POST', body: '{' });
      const statusesOf = (all: readonly Response[]) => all.map(({ status }) => status);
      expect(statusesOf(await everywhere(24, register)).filter((status) => status === 429)).toHaveLength(4);
      const introspect = post('/oauth/introspect', {
        token: 'any',
        client_id: 'gateway',
        client_secret: SECRET,
      });
      expect(statusesOf(await everywhere(9, introspect)).filter((status) => status === 429)).toHaveLength(2);
      const documents: number[] = [];
      for (let made = 0; made < 21; made++) {
        const at = made % 2 === 0 ? running : other;
        documents.push(await at.statusOf(`/oauth/authorize?client_id=https://127.0.0.1:1/made-up-${made}`));
      }
      // None of them can be had, and the last one is not asked for.
      expect(documents).toEqual([...Array(20).fill(503), 429]);
    });

  it('let nobody guess codes of devices at both', async () => {
    const config = await server.discover('scale', client.None());
    const { user_code } = await client.initiateDeviceAuthorization(config, { scope: 'parcels:read' });
    const browser = new Browser(server.url);
    const page = (await browser.visit(`${server.url}/oauth/device`)) as Response;
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(await page.text())?.[1] as string;
    const type = (code: string) =>
      post('/oauth/device', { xsrf, user_code: code, confirm: 'yes' }, { cookie: browser.jar.toString() });
    let tried = 0;
    const all = await everywhere(14, (at) => type(`BBBB-BB${'BCDFGHJKLMNPQR'[tried++]}C`)(at));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(all.filter(({ status }) => status === 429)).toHaveLength(9);
    for (const at of [running, other]) {
      const right = await type(user_code)(at);
      expect([right.status, right.headers.get('location'), right.headers.getSetCookie()]).toEqual([
        429,
        null,
        [],
      ]);
    }
  });
}
