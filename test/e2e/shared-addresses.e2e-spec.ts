import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BanService, TokenIssuer } from '@portcullis/auth';
import { sqlite } from '@portcullis/sql/sqlite';
import { ownTokens } from '../support/credentials.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms } from '../support/running-app.js';

const OFFICE = { 'x-forwarded-for': '203.0.113.7' };
const PEOPLE = 12;

describeOnPlatforms('an office of twelve on %s', (running) => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'portcullis-office-'));
  });
  afterEach(async () => {
    await running.close();
    rmSync(folder, { recursive: true });
  });

  /** With a signing key of its own: whoever has a token of before has one that nobody knows any more. */
  const start = (bans: object = {}) => {
    const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    const signingKey = { ...jwk, alg: 'EdDSA' as const };
    return running.start({
      portcullis: {
        trustedProxies: ['127.0.0.1'],
        tokens: { ...ownTokens, issuer: { ...ownTokens.issuer, signingKey } },
        ...{ storage: sqlite({ file: join(folder, 'store.db') }), bans },
      },
      controllers: [PlainRoutesController],
    });
  };
  const ask = (headers: object, path = '/user') => running.statusOf(path, OFFICE, headers);
  const tokens = async (count: number) => {
    const issue = (person: number) =>
      running.app.get(TokenIssuer).issue({ subject: `user ${person % PEOPLE}`, clientId: 'web' });
    const issued = await Promise.all(Array.from({ length: count }, (_, index) => issue(index)));
    return issued.map(({ accessToken }) => ({ authorization: `Bearer ${accessToken}` }));
  };
  const bans = async () => (await running.app.get(BanService).list({ state: 'any' })).bans;

  it('bears as much after a deploy as before, when all its tokens are dead', async () => {
    await start();
    const ofBefore = await tokens(9 * PEOPLE);
    for (const token of ofBefore.slice(0, PEOPLE)) expect(await ask(token)).toBe(200);
    await start();
    // Nine tabs each: more than an address has that nobody is known at.
    const answers = await Promise.all(ofBefore.map((token) => ask(token)));
    expect(answers.filter((status) => status !== 401)).toEqual([]);
    expect(await bans()).toEqual([]);
    expect(running.events.of('address.struck').at(-1)).toMatchObject({
      rule: 'dead-credentials',
      limit: 500,
    });
  });

  it('is not kept where nobody was proven, nor where no ban would hold', async () => {
    await start({ allowed: ['203.0.113.8'] });
    await ask({}, '/public');
    await ask({ authorization: 'Bearer a.b.c' });
    const [token] = (await tokens(1)) as [object];
    expect(await running.statusOf('/user', { 'x-forwarded-for': '203.0.113.8' }, token)).toBe(200);
    await running.close();
    const stores = sqlite({ file: join(folder, 'store.db') }).open();
    expect(await stores.sharedAddresses.list({ since: 0, limit: 9 })).toEqual([]);
    await stores.close();
  });
});
