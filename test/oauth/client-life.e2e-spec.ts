import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@libsql/client';
import { OAuthClients, OAuthConsents, TokenIssuer } from '@portcullis/auth';
import { sqlite } from '@portcullis/sql/sqlite';
import * as client from 'openid-client';
import { eventually } from '../support/eventually.js';
import { RunningApp } from '../support/running-app.js';
import { Users } from '../support/users.js';
import { Browser } from './browser.js';
import { API, CALLBACK, oauthApp } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

const KEY = Buffer.alloc(32, 7).toString('base64');
const NEW = { name: 'New', kind: 'web', redirectUris: [CALLBACK], scopes: ['parcels:*'] } as const;

describe('clients of a store, at two instances that share a database', () => {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-oauth-'));
  const running = new RunningApp('express');
  const other = new RunningApp('fastify');
  const server = new ServerUnderTest(running);
  beforeAll(async () => {
    const storage = () => sqlite({ file: join(folder, 'store.db'), keyEncryptionKeys: [KEY], pollMs: 5 });
    await server.start({ portcullis: { storage: storage() } });
    await other.start(oauthApp({ url: server.url, portcullis: { storage: storage() } }));
  }, 30_000);
  afterAll(async () => {
    await Promise.all([running.close(), other.close()]);
    rmSync(folder, { recursive: true });
  });

  const clients = (of = running) => of.app.get(OAuthClients);
  const make = async (details: object = NEW) => {
    const { clientId, secret = '' } = await clients().create(details as never);
    return { clientId, config: await server.discover(clientId, client.ClientSecretBasic(secret)) };
  };
  /** How often these tokens are taken by either instance, for a user or an app. */
  const taken = async (tokens: readonly string[]) => {
    const places = [running, other].flatMap((one) => ['/me', '/app'].map((path) => ({ one, path })));
    const answers = tokens.flatMap((token) =>
      places.map(({ one, path }) => one.statusOf(path, { authorization: `Bearer ${token}` })),
    );
    return (await Promise.all(answers)).filter((status) => status === 200).length;
  };
  /** The instance that has not done it learns of it within milliseconds. */
  const expectNoneTaken = (tokens: readonly string[]) => eventually(async () => (await taken(tokens)) === 0);
  /** The access tokens that come of a request that is made again and again, in a few lanes, until it is refused. */
  const askUntilRefused = (tokens: string[], ask: () => Promise<client.TokenEndpointResponse>) =>
    Promise.all(
      [1, 2, 3, 4].map(async () => {
        try {
          for (let round = 0; round < 2_000; round++) tokens.push((await ask()).access_token);
          throw new Error('It was never refused');
        } catch (error) {
          return error;
        }
      }),
    );

  it.each(['disable', 'delete'] as const)(
    'have no token that works once it is done, whatever was asked for meanwhile: %s',
    async (end) => {
      const machine = await make({ name: 'Job', kind: 'machine', scopes: ['parcels:*'] });
      const tokens: string[] = [];
      const asking = askUntilRefused(tokens, () =>
        client.clientCredentialsGrant(machine.config, { scope: 'parcels:read' }),
      );
      await eventually(async () => tokens.length > 20);
      expect(await taken(tokens.slice(0, 1))).toBe(2);
      expect(await clients(other)[end](machine.clientId)).toBe(true);
      for (const error of await asking) expect(error).toMatchObject({ status: expect.any(Number) });
      await expectNoneTaken(tokens);
    },
  );

  it.each([
    ['issueToClient', 'machine', 'disable'],
    ['issueToClient', 'machine', 'delete'],
    ['issue', 'web', 'disable'],
    ['issue', 'web', 'delete'],
  ] as const)(
    'get no token that was about to be issued: %s for a client of the kind %s, to %s it',
    async (issue, kind, end) => {
      const { clientId, config } = await make(
        kind === 'web' ? NEW : { name: 'Job', kind, scopes: ['parcels:*'] },
      );
      const ask =
        kind === 'web'
          ? (await server.authorize(config)).redeem
          : () => client.clientCredentialsGrant(config, { scope: 'parcels:read' });
      const release = holdUp(running.app.get(TokenIssuer), issue);
      const asking = Promise.allSettled([ask()]);
      await release.reached;
      expect(await clients()[end](clientId)).toBe(true);
      release.go();
      const [answer] = await asking;
      await expectNoneTaken(answer?.status === 'fulfilled' ? [answer.value.access_token] : []);
    },
  );

  it('get no grant of a consent that its user takes back while it is made', async () => {
    const { clientId, config } = await make();
    await server.authorize(config);
    const consents = running.app.get(OAuthConsents);
    const find = consents.find.bind(consents);
    // The server has just read it.
    consents.find = async (subject, id) => {
      const consent = await find(subject, id);
      if (id === clientId && consent !== undefined) {
        consents.find = find;
        await consents.withdraw(subject, id);
      }
      return consent;
    };
    const { browser } = await server.authorize(config);
    expect(browser.asked.map(({ prompt }) => prompt)).toEqual(['login', 'consent']);
  });

  it('are seen by users also where nobody is asked', async () => {
    const { clientId, config } = await make({ ...NEW, consent: 'skip' });
    const { browser, redeem } = await server.authorize(config);
    expect(browser.asked.map(({ prompt }) => prompt)).toEqual(['login']);
    const { access_token } = await redeem();
    const consents = running.app.get(OAuthConsents);
    expect((await consents.find('ada', clientId))?.scopes).toMatchObject({ [API]: ['parcels:read'] });
    expect(await consents.withdraw('ada', clientId)).toBe(true);
    expect((await server.me(access_token)).status).toBe(401);
  });

  it('give nothing for rows that somebody has exchanged in the database', async () => {
    const { config } = await make();
    const ada = await server.authorize(config);
    await running.app.get(Users, { strict: false }).add('bob');
    const bob = await server.authorize(config, {}, new Browser(server.url, 'bob'));
    const database = createClient({ url: `file:${join(folder, 'store.db')}` });
    await database.execute('PRAGMA busy_timeout = 10000');
    const codes = `model = 'AuthorizationCode' AND has_ended = 0 AND consumed_at IS NULL`;
    const payloadOf = (subject: string) =>
      `(SELECT payload FROM portcullis_oauth_artifacts WHERE ${codes} AND subject = '${subject}')`;
    const exchanged = `UPDATE portcullis_oauth_artifacts SET payload = ${payloadOf('ada')} WHERE ${codes} AND subject = 'bob'`;
    expect((await database.execute(exchanged)).rowsAffected).toBe(1);
    database.close();
    const refused = await bob.redeem().then(
      () => 200,
      ({ cause }) => cause.status,
    );
    expect(refused).toBeGreaterThanOrEqual(500);
    expect((await server.me((await ada.redeem()).access_token)).status).toBe(200);
  });

  it('get no token that was about to be issued when its user takes the consent back', async () => {
    const { clientId, config } = await make();
    const { redeem } = await server.authorize(config);
    const release = holdUp(running.app.get(TokenIssuer), 'issue');
    const asking = Promise.allSettled([redeem()]);
    await release.reached;
    expect(await running.app.get(OAuthConsents).withdraw('ada', clientId)).toBe(true);
    release.go();
    const [answer] = await asking;
    await expectNoneTaken(answer?.status === 'fulfilled' ? [answer.value.access_token] : []);
    const again = await server.authorize(config);
    expect(again.browser.asked.map(({ prompt }) => prompt)).toEqual(['login', 'consent']);
  });
});

/** Holds the next call of a method up until it may go on. */
function holdUp<Name extends 'issue' | 'issueToClient'>(issuer: TokenIssuer, name: Name) {
  const method = issuer[name].bind(issuer) as (token: never) => Promise<never>;
  let [reach, go] = [() => {}, () => {}];
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  issuer[name] = async (token: never) => {
    issuer[name] = method as never;
    reach();
    await gone;
    return method(token);
  };
  return { reached, go };
}
