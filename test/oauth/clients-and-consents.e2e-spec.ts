import {
  OAuthClients,
  OAuthConsents,
  PortcullisAdminModule,
  PortcullisConsentsModule,
  PortcullisPersonalTokensModule,
  TokenIssuer,
} from '@portcullis/auth';
import { OAuthArtifacts } from '@portcullis/auth/internal';
import { noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms } from '../support/running-app.js';

const SHOP = {
  ...{ name: 'Shop', kind: 'web', redirectUris: ['https://shop.example/back'], scopes: ['parcels:read'] },
};

interface Client {
  readonly clientId: string;
  readonly secret: string;
}

/** Of a client that describes itself, longer than a part of a path may be on Fastify. */
const A_URL = `https://client.example/${'a'.repeat(200)}?b=c d`;

describeOnPlatforms('clients and consents on %s', (running) => {
  let admin: Record<string, string>;
  let ada: Record<string, string>;
  beforeAll(async () => {
    await running.start({
      portcullis: { tokens: ownTokens, bans: noStrikes },
      controllers: [PlainRoutesController],
      imports: [
        PortcullisAdminModule.register({ dangerous: { maxAgeSeconds: 300 } }),
        PortcullisConsentsModule.register(),
        PortcullisPersonalTokensModule.register(),
      ],
    });
    const issuer = running.app.get(TokenIssuer);
    const { accessToken } = await issuer.issue({
      ...{ subject: 'root', clientId: 'web', scopes: ['clients:admin', 'parcels:*'], authentication: {} },
    });
    admin = { authorization: `Bearer ${accessToken}` };
    ada = await userWith(running.app, ['parcels:read'], 'ada');
  });

  const create = async (client: object = SHOP, by = admin) => {
    const response = await running.send('POST', '/admin/clients', by, client);
    return { response, client: (await response.clone().json()) as Client };
  };
  const matches = ({ clientId }: Client, secret: string) =>
    running.app.get(OAuthClients).matchesSecret(clientId, secret);
  /** A token that a user has let a client have. */
  const delegated = async (clientId: string, grantId: string) => {
    const token = { subject: 'ada', clientId, grantId, scopes: ['parcels:read'] };
    return { authorization: `Bearer ${(await running.app.get(TokenIssuer).issue(token)).accessToken}` };
  };

  it('admins make, read, change, rotate, disable, enable and delete clients', async () => {
    const { response, client } = await create();
    expect([response.status, response.headers.get('cache-control')]).toEqual([201, 'no-store']);
    const { secret, ...rest } = client;
    expect(await matches(client, secret)).toBe(true);
    const path = `/admin/clients/${client.clientId}`;
    const read = await running.get(path, admin);
    expect(await read.json()).toEqual(rest);
    const listed = (await (await running.get('/admin/clients?limit=1', admin)).json()) as {
      clients: Client[];
    };
    expect(listed.clients).toEqual([rest]);

    const changed = await running.send('PATCH', path, admin, { name: 'New shop', accessTokenSeconds: 60 });
    expect([changed.status, await changed.json()]).toEqual([
      200,
      { ...rest, name: 'New shop', accessTokenSeconds: 60 },
    ]);
    const rotated = await running.send('POST', `${path}/rotate`, admin, { overlapSeconds: 60 });
    expect([rotated.status, rotated.headers.get('cache-control')]).toEqual([201, 'no-store']);
    const { secret: next } = (await rotated.json()) as Client;
    expect([await matches(client, secret), await matches(client, next)]).toEqual([true, true]);

    const status = async (method: string, at: string) => (await running.send(method, at, admin)).status;
    expect(await status('POST', `${path}/disable`)).toBe(204);
    expect(await status('POST', `${path}/disable`)).toBe(404);
    expect(await matches(client, next)).toBe(false);
    expect(await status('POST', `${path}/enable`)).toBe(204);
    expect(await matches(client, next)).toBe(true);
    expect(await status('DELETE', path)).toBe(204);
    for (const [method, at] of [
      ['GET', path],
      ['DELETE', path],
      ['POST', `${path}/enable`],
    ] as const)
      expect(await status(method, at)).toBe(404);
    const actors = running.events.all.filter(({ type }) => type.startsWith('oauth-client.'));
    expect(actors.map((event) => [event.type, Reflect.get(event, 'actor')])).toEqual(
      ['created', 'changed', 'rotated', 'disabled', 'enabled', 'deleted'].map((each) => [
        `oauth-client.${each}`,
        'root',
      ]),
    );
    expect(JSON.stringify(running.events.all)).not.toContain(secret);
  });

  it('admins shut out a client that describes itself, by its URL', async () => {
    const url = 'https://client.example/apps/one.json';
    const path = `/admin/clients/${encodeURIComponent(url)}`;
    const status = async (method: string, at: string) =>
      (await running.send(method, at, admin, method === 'PATCH' ? { name: 'Mine' } : undefined)).status;
    expect(await status('GET', path)).toBe(404);
    expect(await status('POST', `${path}/disable`)).toBe(204);
    expect(await status('POST', `${path}/disable`)).toBe(404);
    expect(await (await running.get(path, admin)).json()).toMatchObject({ clientId: url, isDocument: true });
    expect([await status('PATCH', path), await status('DELETE', path)]).toEqual([409, 409]);
    expect(await status('POST', `${path}/enable`)).toBe(204);
    expect(await status('GET', path)).toBe(404);
  });

  it('admins name a client in the query, whose URL may be longer than a path takes', async () => {
    const url = `https://client.example/${'apps/'.repeat(90)}one.json`;
    const send = (method: string, action: string, query: string, body?: object) =>
      running.send(method, `/admin/clients/-${action}${query}`, admin, body).then(({ status }) => status);
    const longest = `?clientId=${encodeURIComponent(url)}`;
    expect(await send('POST', '/disable', longest)).toBe(204);
    const found = await running.get(`/admin/clients/-${longest}`, admin);
    expect(await found.json()).toMatchObject({ clientId: url });
    expect(await send('DELETE', '', longest)).toBe(409);
    expect(await send('POST', '/enable', longest)).toBe(204);
    const { client } = await create(SHOP);
    const short = `?clientId=${client.clientId}`;
    expect(await send('PATCH', '', short, { name: 'Other' })).toBe(200);
    expect(await send('POST', '/rotate', short, { overlapSeconds: 0 })).toBe(201);
    expect(await send('DELETE', '', short)).toBe(204);
    for (const query of ['', '?clientId=', '?clientId=a&clientId=b', `?clientId=${'a'.repeat(501)}`])
      for (const [method, action] of [
        ['GET', ''],
        ['DELETE', ''],
        ['POST', '/disable'],
      ] as const)
        expect([query.slice(0, 30), method, await send(method, action, query)]).toEqual([
          query.slice(0, 30),
          method,
          400,
        ]);
  });

  it.each<[string, object]>([
    ['must be https', { ...SHOP, redirectUris: ['http://shop.example/back'] }],
    ['no wildcard', { ...SHOP, redirectUris: ['https://*.example/back'] }],
    ['redirectUris must name', { ...SHOP, redirectUris: [] }],
    ['kind must be one of', { ...SHOP, kind: 'spa' }],
    ['can keep no secret', { ...SHOP, kind: 'browser', authentication: 'secret' }],
    ['should not exist', { ...SHOP, secret: 'mine' }],
    ['should not exist', { ...SHOP, clientId: 'mine' }],
    ['jwks', { name: 'Job', kind: 'machine', authentication: 'private-key-jwt', jwks: {} }],
    ['jwks', { name: 'Job', kind: 'machine', authentication: 'private-key-jwt', jwks: { keys: [null] } }],
    ['redirectUris', { ...SHOP, redirectUris: [{}] }],
  ])('hear what makes no sense: %s', async (why, client) => {
    const { response } = await create(client);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(why);
  });

  it('admins hand out only what they have, also by changing or rotating what somebody else has made', async () => {
    const weak = await userWith(running.app, ['clients:admin', 'parcels:read'], 'eve');
    const { response } = await create({ ...SHOP, scopes: ['parcels:write'] }, weak);
    expect((await problemIn(response)).code).toBe('ungrantable_scope');
    const { client } = await create({ name: 'Job', kind: 'machine', scopes: ['parcels:write'] });
    const path = `/admin/clients/${client.clientId}`;
    const attempts: [string, string, object][] = [
      ['PATCH', path, { name: 'Mine' }],
      ['PATCH', path, { scopes: ['parcels:read'] }],
      ['POST', `${path}/rotate`, { overlapSeconds: 0 }],
    ];
    for (const [method, at, body] of attempts) {
      const answer = await running.send(method, at, weak, body);
      expect([answer.status, (await problemIn(answer)).code]).toEqual([403, 'ungrantable_scope']);
    }
    expect(await matches(client, client.secret)).toBe(true);
    expect((await create(SHOP, weak)).response.status).toBe(201);
  });

  it('need their scope, and a login of their own; what ends something needs a recent one', async () => {
    const { client } = await create();
    const path = `/admin/clients/${client.clientId}`;
    const others = await userWith(running.app, ['keys:admin', 'parcels:*'], 'eve');
    for (const at of ['/admin/clients', path]) expect(await running.statusOf(at, others)).toBe(403);
    expect(await running.statusOf('/admin/clients')).toBe(401);
    const made = await running.send('POST', '/personal-tokens', admin, {
      ...{ name: 'script', scopes: ['clients:admin', 'parcels:*'], lifetimeSeconds: 600 },
    });
    const { key } = (await made.json()) as { key: string };
    const byToken = { authorization: `Bearer ${key}` };
    const answer = await running.send('POST', '/admin/clients', byToken, SHOP);
    expect((await problemIn(answer)).code).toBe('access_token_required');
    expect(await running.statusOf(path, byToken)).toBe(200);
    const unknown = await userWith(running.app, ['clients:admin'], 'eve');
    for (const [method, at] of [
      ['DELETE', path],
      ['POST', `${path}/disable`],
    ] as const) {
      const refused = await running.send(method, at, unknown);
      expect((await problemIn(refused)).code).toBe('insufficient_user_authentication');
    }
  });

  it('users see and take back what they let clients do, and nothing of others', async () => {
    const { client } = await create();
    const consents = running.app.get(OAuthConsents);
    const scopes = { 'https://api.example': ['parcels:read'] };
    for (const subject of ['ada', 'bob']) await consents.give({ subject, clientId: client.clientId, scopes });
    await consents.give({ subject: 'ada', clientId: A_URL, scopes });
    const response = await running.get('/auth/consents', ada);
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const times = { createdAt: expect.any(Number), updatedAt: expect.any(Number), expiresAt: null };
    expect(await response.json()).toEqual({
      consents: [
        { clientId: client.clientId, clientName: 'Shop', scopes, ...times },
        { clientId: A_URL, clientName: null, scopes, ...times },
      ],
    });
    const token = await delegated(client.clientId, 'g1');
    const names = { grantId: 'g1', clientId: client.clientId, subject: 'ada' };
    await running.app.get(OAuthArtifacts).save('Grant', 'g1', {}, names, Date.now() + 60_000);
    expect(await running.statusOf('/user', token)).toBe(200);
    const path = `/auth/consents?clientId=${client.clientId}`;
    expect((await running.send('DELETE', path, ada)).status).toBe(204);
    expect(await running.statusOf('/user', token)).toBe(401);
    expect((await running.send('DELETE', path, ada)).status).toBe(404);
    for (const none of ['', '?clientId=', '?clientId=a&clientId=b', '?clientId[]=a'])
      expect((await running.send('DELETE', `/auth/consents${none}`, ada)).status).toBe(400);
    const byUrl = `/auth/consents?clientId=${encodeURIComponent(A_URL)}`;
    expect((await running.send('DELETE', byUrl, ada)).status).toBe(204);
    expect(await (await running.get('/auth/consents', ada)).json()).toEqual({ consents: [] });
    expect(await consents.find('bob', client.clientId)).toBeDefined();
  });

  it('no client that was given a token, no personal token and no app sees or takes back a consent', async () => {
    const { client } = await create();
    const { clientId } = client;
    await running.app.get(OAuthConsents).give({ subject: 'ada', clientId, scopes: {} });
    const made = await running.send('POST', '/personal-tokens', ada, {
      ...{ name: 'script', scopes: ['parcels:read'], lifetimeSeconds: 600 },
    });
    const { key } = (await made.json()) as { key: string };
    for (const by of [await delegated(clientId, 'g2'), { authorization: `Bearer ${key}` }])
      for (const [method, path] of [
        ['GET', '/auth/consents'],
        ['DELETE', `/auth/consents?clientId=${clientId}`],
      ] as const) {
        const answer = await running.send(method, path, by);
        expect([answer.status, (await problemIn(answer)).code]).toEqual([403, 'access_token_required']);
      }
    expect(await running.statusOf('/auth/consents')).toBe(401);
    expect(await running.app.get(OAuthConsents).find('ada', clientId)).toBeDefined();
  });
});
