import {
  ApiKeyService,
  type CreatedApiKey,
  type DirectoryUser,
  FactorService,
  memory,
  PersonalTokenService,
  PortcullisAdminModule,
  type PortcullisAdminOptions,
  PortcullisSessionsModule,
  RevocationService,
  SessionService,
  TokenIssuer,
  type UserIdentity,
} from '@portcullis/auth';
import { TestCredentials } from '@portcullis/testing';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { QUICK_HASHER, Users, UsersModule } from '../support/users.js';

const path = '/admin/api-keys';

describeOnPlatforms('an admin of keys on %s', (running) => {
  const start = (admin: PortcullisAdminOptions = {}, tenantClaim: string | null = 'org') =>
    running.start({
      portcullis: {
        storage: memory(),
        tokens: ownTokens,
        bans: noStrikes,
        ...(tenantClaim !== null && { tenantClaim }),
      },
      imports: [PortcullisAdminModule.register(admin)],
      controllers: [PlainRoutesController],
    });

  const adminOf = async (org: unknown, scopes = ['keys:admin', 'parcels:read']) => {
    const claims = org === undefined ? {} : { org };
    const issued = await running.app
      .get(TokenIssuer)
      .issue({ subject: `admin of ${org}`, clientId: 'web', scopes, claims });
    return { authorization: `Bearer ${issued.accessToken}` };
  };
  const keyOf = (tenant?: string) =>
    running.app
      .get(ApiKeyService)
      .create({ appId: 'depot', name: 'North', scopes: [], ...(tenant !== undefined && { tenant }) });
  const works = async ({ key }: CreatedApiKey) =>
    (await running.statusOf('/app', { 'x-api-key': key })) === 200;
  const idsIn = async (response: Response) =>
    ((await response.json()) as { keys: { id: string }[] }).keys.map(({ id }) => id).toSorted();
  const { get, send } = running;

  describe('of a tenant', () => {
    let admin: { authorization: string };
    let own: CreatedApiKey;
    let others: CreatedApiKey[];
    beforeEach(async () => {
      await start();
      admin = await adminOf('acme');
      own = await keyOf('acme');
      others = [await keyOf('globex'), await keyOf(), await keyOf('ACME')];
    });

    it('sees the keys of the tenant, whatever the filter', async () => {
      for (const query of ['', '?appId=depot', '?tenant=acme', '?state=active', '?limit=1'])
        expect(await idsIn(await get(path + query, admin))).toEqual([own.id]);
      for (const query of ['?tenant=globex', '?tenant=', '?tenant=ACME', '?appId=depot&tenant=globex'])
        expect(await idsIn(await get(path + query, admin))).toEqual([]);
      expect((await get(`${path}/${own.id}`, admin)).status).toBe(200);
      for (const { id } of others) expect((await get(`${path}/${id}`, admin)).status).toBe(404);
    });

    it.each([
      ['rotates', 'POST', '/rotate', { overlapSeconds: 0 }, 201],
      ['suspends', 'POST', '/disable', undefined, 204],
      ['revokes', 'DELETE', '', undefined, 204],
    ])('%s keys of the tenant, and no others', async (_, method, action, body, status) => {
      for (const other of others) {
        expect((await send(method, `${path}/${other.id}${action}`, admin, body)).status).toBe(404);
        expect(await works(other)).toBe(true);
      }
      expect((await send(method, `${path}/${own.id}${action}`, admin, body)).status).toBe(status);
      expect(await works(own)).toBe(false);
    });

    it('resumes keys of the tenant, and no others', async () => {
      for (const { id } of [own, ...others]) await running.app.get(ApiKeyService).disable(id);
      for (const other of others) {
        expect((await send('POST', `${path}/${other.id}/enable`, admin)).status).toBe(404);
        expect(await works(other)).toBe(false);
      }
      expect((await send('POST', `${path}/${own.id}/enable`, admin)).status).toBe(204);
      expect(await works(own)).toBe(true);
    });

    it('revokes all keys of an app that are of the tenant, and no others', async () => {
      const second = await keyOf('acme');
      const response = await send('DELETE', `${path}?appId=depot`, admin);
      expect(await response.json()).toEqual({ revoked: 2 });
      expect(await Promise.all([own, second, ...others].map(works))).toEqual([
        false,
        false,
        true,
        true,
        true,
      ]);
    });

    it('makes keys of the tenant, named or not, and of no other', async () => {
      const key = { appId: 'shop', name: 'South', scopes: [] };
      for (const tenant of [undefined, 'acme']) {
        const response = await send('POST', path, admin, { ...key, tenant });
        expect(response.status).toBe(201);
        expect(((await response.json()) as CreatedApiKey).tenant).toBe('acme');
      }
      for (const tenant of ['globex', 'ACME']) {
        const { status, code } = await problemIn(await send('POST', path, admin, { ...key, tenant }));
        expect([status, code]).toEqual([403, 'tenant_mismatch']);
      }
    });
  });

  describe('without a tenant', () => {
    const requests = [
      ['GET', ''],
      ['POST', '', { appId: 'shop', name: 'South', scopes: [] }],
      ['DELETE', '?appId=depot'],
      ['GET', '/:id'],
      ['DELETE', '/:id'],
      ['POST', '/:id/rotate', { overlapSeconds: 0 }],
      ['POST', '/:id/disable'],
      ['POST', '/:id/enable'],
    ] as const;

    it.each([undefined, null, 7, ['acme']])(
      'administers nothing where tenants are used (%j)',
      async (org) => {
        await start();
        const [admin, key] = [await adminOf(org), await keyOf('acme')];
        for (const [method, rest, body] of requests) {
          const response = await send(method, path + rest.replace(':id', key.id), admin, body);
          const { status, code } = await problemIn(response);
          expect([method, rest, status, code]).toEqual([method, rest, 403, 'insufficient_scope']);
        }
        expect(await works(key)).toBe(true);
      },
    );

    it.each<[string, PortcullisAdminOptions, string]>([
      ['tenants:admin', {}, 'tenants:admin'],
      ['a scope of the app', { scopes: { allTenants: 'root:all' } }, 'root:all'],
    ])('administers the keys of all by %s', async (_, options, scope) => {
      await start(options);
      const all = [await keyOf('acme'), await keyOf('globex'), await keyOf()];
      const admin = await adminOf(undefined, ['keys:admin', scope]);
      expect(await idsIn(await get(path, admin))).toEqual(all.map(({ id }) => id).toSorted());
      const made = await send('POST', path, admin, { appId: 'x', name: 'x', scopes: [], tenant: 'initech' });
      expect(((await made.json()) as CreatedApiKey).tenant).toBe('initech');
      const bound = await adminOf('acme', ['keys:admin', scope]);
      expect(await idsIn(await get(path, bound))).toHaveLength(1);
    });

    it('administers the keys of all where tenants are not used', async () => {
      await start({}, null);
      const key = await keyOf('acme');
      expect(await idsIn(await get(path, await adminOf('globex')))).toEqual([key.id]);
    });
  });

  describe('with a personal token', () => {
    const tokenOf = async (tenant?: string) => {
      const user = {
        ...{ kind: 'user', issuer: ownTokens.issuer.url, subject: 'ada', issuedAt: 0, claims: {} },
        ...{ scopes: ['keys:admin'], ...(tenant !== undefined && { tenant }) },
      } as unknown as UserIdentity;
      const { key } = await running.app
        .get(PersonalTokenService)
        .create(user, { name: 'nightly', scopes: ['keys:admin'] });
      return { authorization: `Bearer ${key}` };
    };

    it('makes and rotates no keys, which would live on when the user is revoked', async () => {
      await start();
      const [token, key] = [await tokenOf('acme'), await keyOf('acme')];
      for (const response of [
        await send('POST', path, token, { appId: 'shop', name: 'South', scopes: [] }),
        await send('POST', `${path}/${key.id}/rotate`, token, { overlapSeconds: 0 }),
      ]) {
        const { status, code } = await problemIn(response);
        expect([status, code]).toEqual([403, 'access_token_required']);
      }
      expect(await works(key)).toBe(true);
      expect((await send('POST', `${path}/${key.id}/disable`, token)).status).toBe(204);
    });

    it('is bound to the tenant of its user', async () => {
      await start();
      const [token, own] = [await tokenOf('acme'), await keyOf('acme')];
      await keyOf('globex');
      expect(await idsIn(await get(`${path}?appId=depot`, token))).toEqual([own.id]);
    });

    it('makes keys where the app wants that, and those live on', async () => {
      await start({ personalTokensMakeKeys: true });
      const response = await send('POST', path, await tokenOf('acme'), { appId: 'x', name: 'x', scopes: [] });
      const made = (await response.json()) as CreatedApiKey;
      await running.app.get(RevocationService).revokeUser('ada', { reason: 'gone' });
      expect(await works(made)).toBe(true);
    });
  });
});

describeOnPlatforms('an admin of users on %s', (running) => {
  const EVERYTHING = ['sessions:admin', 'factors:admin', 'clients:admin'];
  const adminOf = async (org?: string, scopes = EVERYTHING) => {
    const claims = org === undefined ? {} : { org };
    const admin = { subject: `admin of ${org}`, clientId: 'web', scopes, claims };
    return { authorization: `Bearer ${(await running.app.get(TokenIssuer).issue(admin)).accessToken}` };
  };
  const statusOf = async (method: string, path: string, admin: { authorization: string }) =>
    (await running.send(method, path, { ...admin })).status;

  beforeAll(async () => {
    await running.start({
      portcullis: {
        tokens: ownTokens,
        bans: noStrikes,
        tenantClaim: 'org',
        passwords: { hasher: QUICK_HASHER },
      },
      imports: [
        UsersModule,
        PortcullisSessionsModule.register({ users: Users, imports: [UsersModule], clientId: 'web' }),
        PortcullisAdminModule.register(),
      ],
    });
    const users = running.app.get(Users, { strict: false });
    for (const org of ['acme', 'globex']) await users.add(`of ${org}`, { claims: { org } });
    await users.add('of none');
  });

  const begin = async (subject: string) => {
    const user = await running.app.get(Users, { strict: false }).find(subject);
    return running.app.get(SessionService).start({ user: user as DirectoryUser, clientId: 'web' });
  };

  it.each(['of globex', 'of none', 'nobody'])(
    'of a tenant neither sees nor ends what is %s',
    async (subject) => {
      const admin = await adminOf('acme', [...EVERYTHING, 'tenants:admin']);
      const { sessionId = 'none' } = subject === 'nobody' ? {} : await begin(subject);
      const { factorId = 'none' } =
        subject === 'nobody' ? {} : await new TestCredentials(running.app).authenticator({ subject });
      const query = `?subject=${encodeURIComponent(subject)}`;
      for (const [method, path] of [
        ['GET', `/admin/sessions${query}`],
        ['DELETE', `/admin/sessions${query}`],
        ['DELETE', `/admin/sessions/${sessionId}`],
        ['GET', `/admin/factors${query}`],
        ['DELETE', `/admin/factors/${factorId}`],
      ] as const)
        expect([path, await statusOf(method, path, admin)]).toEqual([path, 404]);
      if (subject === 'nobody') return;
      expect((await running.app.get(SessionService).find(sessionId))?.endedAt).toBeNull();
      const left = await running.app.get(FactorService).list({ issuer: ownTokens.issuer.url, subject });
      expect(left.map(({ id }) => id)).toContain(factorId);
    },
  );

  it('of a tenant sees and ends what is of theirs', async () => {
    const admin = await adminOf('acme');
    const { sessionId } = await begin('of acme');
    expect(await statusOf('GET', '/admin/factors?subject=of+acme', admin)).toBe(200);
    expect(await statusOf('GET', '/admin/sessions?subject=of+acme', admin)).toBe(200);
    expect(await statusOf('DELETE', `/admin/sessions/${sessionId}`, admin)).toBe(204);
    expect(await statusOf('DELETE', '/admin/sessions?subject=of+acme', admin)).toBe(204);
  });

  it('without a tenant administers nobody, but by the scope for all of them', async () => {
    const path = '/admin/sessions?subject=of+globex';
    expect(await statusOf('GET', path, await adminOf())).toBe(403);
    expect(await statusOf('GET', path, await adminOf(undefined, ['sessions:admin', 'tenants:admin']))).toBe(
      200,
    );
  });

  it('needs the scope for all tenants for clients, which are of none', async () => {
    const scopes = ['clients:admin', 'tenants:admin'];
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/shop'],
      ['POST', ''],
      ['PATCH', '/shop'],
      ['POST', '/shop/rotate'],
      ['POST', '/shop/disable'],
      ['POST', '/shop/enable'],
      ['DELETE', '/shop'],
    ] as const)
      for (const org of ['acme', undefined])
        expect([method, path, await statusOf(method, `/admin/clients${path}`, await adminOf(org))]).toEqual([
          method,
          path,
          403,
        ]);
    expect(await statusOf('GET', '/admin/clients', await adminOf('acme', scopes))).toBe(200);
  });
});
