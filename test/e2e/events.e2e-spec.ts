import { Controller, Get, Param } from '@nestjs/common';
import {
  ApiKeyService,
  BanService,
  type PortcullisOptions,
  Public,
  RequireApp,
  RequireUser,
  RevocationService,
  SecurityEvents,
} from '@portcullis/auth';
import { appWith, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { describeOnPlatforms } from '../support/running-app.js';

@Controller('parcels')
class ParcelsController {
  @Public()
  @Get('public')
  public() {
    return 'in';
  }

  @RequireApp('scans:write')
  @RequireUser('parcels:read')
  @Get(':id')
  get(@Param('id') id: string) {
    return { id };
  }
}

describeOnPlatforms('events on %s', (running) => {
  const { get } = running;
  const start = (options: PortcullisOptions = {}) =>
    running.start({ portcullis: { tokens: ownTokens, ...options }, controllers: [ParcelsController] });

  describe('of requests', () => {
    it('each refused one is reported exactly once, with address, handler and the id of its answer', async () => {
      await start();
      const tries = [
        {},
        { authorization: 'Bearer x' },
        { 'x-api-key': 'x' },
        await userWith(running.app, ['parcels:read']),
        { ...(await userWith(running.app, ['parcels:read'])), ...(await appWith(running.app)) },
      ];
      const expected = [];
      for (const headers of tries) {
        const { code, status, requestId } = await problemIn(await get('/parcels/7?token=secret', headers));
        expected.push({ requestId, code, status });
      }
      await running.close();
      const refused = running.events.of('request.refused');
      expect(
        refused.map(({ code, status, request }) => ({ requestId: request.requestId, code, status })),
      ).toEqual(expected);
      expect(expected.map(({ code }) => code)).toEqual([
        'credentials_required',
        'invalid_token',
        'invalid_api_key',
        'credentials_required',
        'insufficient_scope',
      ]);
      for (const { request } of refused) {
        expect(request).toMatchObject({
          method: 'GET',
          path: '/parcels/7',
          address: '127.0.0.1',
          handler: 'ParcelsController.get',
        });
      }
    });

    it('a refused one names whom it proved', async () => {
      await start();
      const { requestId } = await problemIn(
        await get('/parcels/7', {
          ...(await userWith(running.app, ['parcels:read'])),
          ...(await appWith(running.app)),
        }),
      );
      const { request } = await running.events.about('request.refused', requestId);
      expect(request).toMatchObject({ subject: 'ada', appId: 'depot' });
    });

    it('an unknown path and a public route are no refusals', async () => {
      await start();
      expect((await get('/nowhere')).status).toBe(404);
      expect((await get('/parcels/public')).status).toBe(200);
      await running.close();
      expect(running.events.of('request.refused')).toEqual([]);
      expect(running.events.of('address.struck')).toHaveLength(1);
    });

    const letIn = async () => ({
      ...(await userWith(running.app, ['parcels:read'])),
      ...(await appWith(running.app, ['scans:write'])),
    });

    it('those that are let in are not reported by default', async () => {
      await start();
      expect((await get('/parcels/7', await letIn())).status).toBe(200);
      await running.close();
      expect(running.events.all.filter(({ type }) => type.startsWith('request.'))).toEqual([]);
    });

    it('those that are let in are reported on demand, once each, with who it was', async () => {
      await start({ events: { accepted: true } });
      expect((await get('/parcels/7', await letIn())).status).toBe(200);
      expect((await get('/parcels/public')).status).toBe(200);
      await running.close();
      expect(running.events.of('request.accepted')).toEqual([
        {
          type: 'request.accepted',
          request: {
            requestId: expect.any(String),
            method: 'GET',
            path: '/parcels/7',
            address: '127.0.0.1',
            handler: 'ParcelsController.get',
            subject: 'ada',
            appId: 'depot',
            keyId: expect.any(String),
          },
        },
      ]);
    });
  });

  describe('of decisions', () => {
    beforeEach(() => start());

    it('a key is created and revoked once', async () => {
      const keys = running.app.get(ApiKeyService);
      const { id } = await keys.create({ appId: 'depot', name: 'north', lifetimeSeconds: 60, actor: 'root' });
      expect(await keys.revoke(id, { actor: 'root' })).toBe(true);
      expect(await keys.revoke(id, { actor: 'root' })).toBe(false);
      expect(running.events.all).toEqual([
        { type: 'api-key.created', keyId: id, appId: 'depot', actor: 'root' },
        { type: 'api-key.revoked', keyId: id, appId: 'depot', actor: 'root' },
      ]);
    });

    it('tokens are issued and revoked', async () => {
      await userWith(running.app);
      const [issued] = running.events.of('token.issued');
      expect(issued).toEqual({ type: 'token.issued', subject: 'ada', tokenId: expect.any(String) });
      const tokenId = issued?.tokenId as string;
      await running.app.get(RevocationService).revokeToken(tokenId, { reason: 'lost', actor: 'root' });
      await running.app.get(RevocationService).revokeUser('ada', { reason: 'lost' });
      const issuer = ownTokens.issuer.url;
      expect(running.events.all.slice(1)).toEqual([
        {
          type: 'tokens.revoked',
          revocation: expect.objectContaining({ type: 'token', issuer, tokenId, reason: 'lost' }),
          actor: 'root',
        },
        {
          type: 'tokens.revoked',
          revocation: expect.objectContaining({ type: 'user', issuer, subject: 'ada', reason: 'lost' }),
        },
      ]);
    });

    it('addresses are banned and unbanned', async () => {
      const ban = await running.app
        .get(BanService)
        .ban('203.0.113.0/24', { reason: 'scanners', actor: 'root' });
      const lifted = await running.app.get(BanService).unban(ban.id, { actor: 'root' });
      expect(running.events.all).toEqual([
        { type: 'address.banned', ban, actor: 'root' },
        { type: 'address.unbanned', ban: lifted, forgiven: false, actor: 'root' },
      ]);
    });

    it('a listener that fails disturbs neither the request nor the other listeners', async () => {
      const seen: string[] = [];
      running.app.get(SecurityEvents).subscribe(() => {
        throw new Error('a listener of the team');
      });
      const unsubscribe = running.app.get(SecurityEvents).subscribe(({ type }) => seen.push(type));
      const { requestId } = await problemIn(await get('/parcels/7', { authorization: 'Bearer x' }));
      await running.events.about('address.struck', requestId);
      expect(seen).toEqual(['request.refused', 'address.struck']);
      unsubscribe();
      await userWith(running.app);
      expect(seen).toHaveLength(2);
    });
  });
});
