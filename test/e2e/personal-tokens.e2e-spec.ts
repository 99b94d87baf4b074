import { Controller, Get } from '@nestjs/common';
import {
  type ApiKeyPage,
  type CreatedApiKey,
  CurrentUser,
  PortcullisAdminModule,
  PortcullisPersonalTokensModule,
  RequireApp,
  RequireClaims,
  RequireUser,
  RevocationService,
  type UserIdentity,
} from '@portcullis/auth';
import { TestClock } from '../support/clock.js';
import { appWith, noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { describeOnPlatforms } from '../support/running-app.js';

@Controller()
class RoutesController {
  @RequireUser('parcels:read')
  @Get('parcels')
  parcels(@CurrentUser() { kind, issuer, subject, keyId, scopes, tokenId, clientId }: UserIdentity) {
    return { kind, issuer, subject, keyId, scopes, tokenId, clientId };
  }

  @RequireUser('parcels:write')
  @Get('writing')
  write() {
    return 'in';
  }

  @RequireApp()
  @Get('app')
  app() {
    return 'in';
  }

  @RequireApp()
  @RequireUser('parcels:read')
  @Get('both')
  both() {
    return 'in';
  }

  @RequireUser()
  @RequireClaims({ department: 'fraud' })
  @Get('claims')
  claims() {
    return 'in';
  }
}

describeOnPlatforms('personal tokens on %s', (running) => {
  const clock = new TestClock();
  let ada: { authorization: string };
  /** What users may do now. */
  const scopesNow = new Map<string, readonly string[]>();

  beforeEach(async () => {
    scopesNow.clear();
    scopesNow.set('ada', ['parcels:*', 'keys:admin']);
    await running.start({
      portcullis: {
        tokens: ownTokens,
        bans: noStrikes,
        apiKeys: {
          prefix: 'parcel',
          personalTokens: { maxPerUser: 3, scopesOf: async ({ subject }) => scopesNow.get(subject) },
        },
        now: clock.now,
      },
      imports: [
        PortcullisPersonalTokensModule.register({ path: 'me/tokens' }),
        PortcullisAdminModule.register(),
      ],
      controllers: [RoutesController],
    });
    ada = await userWith(running.app, ['parcels:*', 'keys:admin'], 'ada');
  });

  const { get, statusOf, send: call } = running;
  const make = async (token: object = {}, who = ada): Promise<CreatedApiKey> => {
    const body = { name: 'nightly', scopes: ['parcels:read'], ...token };
    const response = await call('POST', '/me/tokens', who, body);
    expect(response.status).toBe(201);
    return response.json() as Promise<CreatedApiKey>;
  };
  const bearer = ({ key }: CreatedApiKey) => ({ authorization: `Bearer ${key}` });

  it('are API keys that prove their user, as bearer token or in the key header', async () => {
    const token = await make();
    expect(token.key).toMatch(/^parcel_live_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}$/);
    for (const headers of [bearer(token), { 'x-api-key': token.key }]) {
      expect(await (await get('/parcels', headers)).json()).toEqual({
        kind: 'user',
        issuer: ownTokens.issuer.url,
        subject: 'ada',
        keyId: token.id,
        scopes: ['parcels:read'],
      });
      expect(await statusOf('/writing', headers)).toBe(403);
      expect(await statusOf('/app', headers)).toBe(401);
    }
  });

  it('go together with an app, whichever way round', async () => {
    const [token, depot] = [await make(), await appWith(running.app)];
    expect(await statusOf('/both', { ...bearer(token), ...depot })).toBe(200);
    const keyAsBearer = { authorization: `Bearer ${depot['x-api-key']}`, 'x-api-key': token.key };
    expect(await statusOf('/both', keyAsBearer)).toBe(200);
    expect(await statusOf('/both', { ...ada, 'x-api-key': token.key })).toBe(400);
  });

  it('are shown once, and listed and revoked by their user alone', async () => {
    const { key, ...token } = await make();
    const bob = await userWith(running.app, ['parcels:*'], 'bob');
    const listed = async (who: Record<string, string>) =>
      (await (await get('/me/tokens', who)).json()) as ApiKeyPage;
    expect(await listed(ada)).toEqual({ keys: [token] });
    expect(await listed(bob)).toEqual({ keys: [] });
    expect((await call('DELETE', `/me/tokens/${token.id}`, bob)).status).toBe(404);
    expect(await statusOf('/parcels', { 'x-api-key': key })).toBe(200);

    expect((await call('DELETE', `/me/tokens/${token.id}`, ada)).status).toBe(204);
    expect(await statusOf('/parcels', { 'x-api-key': key })).toBe(401);
    expect((await call('DELETE', `/me/tokens/${token.id}`, ada)).status).toBe(404);
    const who = {
      keyId: token.id,
      subject: 'ada',
      actor: 'ada',
      address: '127.0.0.1',
      requestId: expect.any(String),
    };
    expect(running.events.all.filter(({ type }) => type.startsWith('api-key.'))).toEqual([
      { type: 'api-key.created', ...who },
      { type: 'api-key.revoked', ...who },
    ]);
  });

  it('leave the keys of apps alone', async () => {
    const depot = await appWith(running.app);
    await get('/app', depot);
    const id = depot['x-api-key'].split('_')[2];
    expect((await call('DELETE', `/me/tokens/${id}`, ada)).status).toBe(404);
    expect(await statusOf('/app', depot)).toBe(200);
  });

  it('are never given what their user may not do', async () => {
    const bob = await userWith(running.app, ['parcels:read'], 'bob');
    for (const scopes of [['parcels:write'], ['parcels:*'], ['parcels:read', 'keys:admin']]) {
      const response = await call('POST', '/me/tokens', bob, { name: 'x', scopes });
      expect(response.status).toBe(403);
      expect((await problemIn(response)).code).toBe('ungrantable_scope');
    }
  });

  it('lose what their user loses, and come to an end with their user', async () => {
    const token = await make({ scopes: ['parcels:*'] });
    expect(await statusOf('/writing', bearer(token))).toBe(200);
    scopesNow.set('ada', ['parcels:read']);
    clock.forward(30);
    expect([await statusOf('/writing', bearer(token)), await statusOf('/parcels', bearer(token))]).toEqual([
      403, 200,
    ]);
    scopesNow.delete('ada');
    clock.forward(30);
    expect(await statusOf('/parcels', bearer(token))).toBe(401);
  });

  it('can’t make, list or revoke personal tokens', async () => {
    const token = await make({ scopes: ['parcels:*'] });
    for (const request of [
      call('POST', '/me/tokens', bearer(token), { name: 'x', scopes: [] }),
      call('GET', '/me/tokens', bearer(token)),
      call('DELETE', `/me/tokens/${token.id}`, bearer(token)),
    ]) {
      const response = await request;
      expect(response.status).toBe(403);
      expect((await problemIn(response)).code).toBe('access_token_required');
    }
  });

  it('are not rotated by admins, who would be shown what proves another user', async () => {
    const [token, bare] = [await make(), await make({ scopes: [] })];
    const admin = await userWith(running.app, ['keys:admin', 'parcels:*'], 'root');
    for (const { id, key } of [token, bare]) {
      const response = await call('POST', `/admin/api-keys/${id}/rotate`, admin, { overlapSeconds: 60 });
      expect([response.status, (await problemIn(response)).code]).toEqual([409, 'api_key_conflict']);
      expect(await statusOf('/app', { 'x-api-key': key })).toBe(401);
    }
    expect(running.events.of('api-key.rotated')).toEqual([]);
    expect((await call('DELETE', `/admin/api-keys/${token.id}`, admin)).status).toBe(204);
  });

  it('claim nothing', async () => {
    expect(await statusOf('/claims', bearer(await make()))).toBe(403);
  });

  it('live for a limited time', async () => {
    const seconds = 366 * 24 * 3600;
    for (const lifetimeSeconds of [seconds, 'never', 0, null]) {
      const body = { name: 'x', scopes: [], lifetimeSeconds };
      expect((await call('POST', '/me/tokens', ada, body)).status).toBe(400);
    }
    const token = await make({ lifetimeSeconds: 60 });
    clock.forward(60);
    expect(await statusOf('/parcels', bearer(token))).toBe(401);
  });

  it('are limited in number, of which those that have ended don’t count', async () => {
    const [first] = [await make(), await make(), await make()];
    const response = await call('POST', '/me/tokens', ada, { name: 'x', scopes: [] });
    expect([response.status, (await problemIn(response)).code]).toEqual([409, 'api_key_conflict']);
    await call('DELETE', `/me/tokens/${first?.id}`, ada);
    await make();
  });

  it('end for ever when everything of their user is revoked, remembered or not', async () => {
    const [used, unused] = [await make(), await make()];
    const other = await make({ scopes: [] }, await userWith(running.app, [], 'bob'));
    scopesNow.set('bob', []);
    expect(await statusOf('/parcels', bearer(used))).toBe(200);
    await running.app.get(RevocationService).revokeUser('ada', { reason: 'lost laptop', actor: 'root' });
    for (const token of [used, unused]) expect(await statusOf('/parcels', bearer(token))).toBe(401);
    // Longer than any access token lives, and so longer than revocations are remembered.
    clock.forward(3 * 24 * 3600);
    for (const token of [used, unused]) expect(await statusOf('/parcels', bearer(token))).toBe(401);
    expect(await statusOf('/parcels', bearer(other))).toBe(403);
    expect(running.events.of('api-key.revoked')).toMatchObject([
      { subject: 'ada', reason: 'lost laptop', actor: 'root' },
      { subject: 'ada', reason: 'lost laptop', actor: 'root' },
    ]);
  });

  it('end for ever when all that their issuer has issued is revoked, and only those that are there by then', async () => {
    const before = await make();
    expect(await statusOf('/parcels', bearer(before))).toBe(200);
    await running.app.get(RevocationService).revokeAll({ reason: 'backup restored', actor: 'root' });
    expect(await statusOf('/parcels', bearer(before))).toBe(401);
    clock.forward(3);
    ada = await userWith(running.app, ['parcels:read'], 'ada');
    const after = await make();
    clock.forward(3 * 24 * 3600);
    expect(await statusOf('/parcels', bearer(before))).toBe(401);
    expect(await statusOf('/parcels', bearer(after))).toBe(200);
  });

  it('are refused as a bearer token is, when they come as one', async () => {
    const token = await make();
    await call('DELETE', `/me/tokens/${token.id}`, ada);
    const response = await get('/parcels', bearer(token));
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/);
    const { code, requestId } = await problemIn(response);
    expect(code).toBe('invalid_token');
    expect((await running.events.about('request.refused', requestId)).request.keyId).toBe(token.id);
  });
});
