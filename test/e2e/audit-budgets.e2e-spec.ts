import { Controller, Get } from '@nestjs/common';
import { ApiKeyService, AuditTrail, memory, RequireUser, RevocationService } from '@portcullis/auth';
import { appWith, noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { MadeKey } from '../support/made-key.js';
import { describeOnPlatforms } from '../support/running-app.js';

/** In this test so few are kept a minute of those who have proven nothing. */
const FEW = 5;

@Controller()
class RoutesController {
  @RequireUser('parcels:write')
  @Get('user')
  user() {
    return 'in';
  }
}

describeOnPlatforms('while anybody sends more refusals than are kept, on %s', (running) => {
  let now: number;
  beforeEach(async () => {
    now = Date.now();
    await running.start({
      portcullis: {
        storage: memory(),
        tokens: ownTokens,
        bans: noStrikes,
        audit: { maxFloodPerMinute: FEW },
        now: () => now,
      },
      controllers: [RoutesController],
    });
    for (let count = 0; count < 2 * FEW; count++) await idOfRefusal({}, 401);
  });

  /** The id that the client is told when it is refused. */
  const idOfRefusal = async (headers: object, status: number) => {
    const problem = await problemIn(await running.get('/user', headers));
    expect(problem.status).toBe(status);
    return problem.requestId;
  };
  /** How many of these requests the audit log knows. */
  const known = async (ids: readonly string[]) => {
    const audit = running.app.get(AuditTrail);
    const pages = await Promise.all(ids.map((requestId) => audit.list({ requestId })));
    return pages.filter((page) => page?.entries.length === 1).length;
  };

  it.each<[string, () => Promise<object>, number]>([
    ['a user who lacks a scope', () => userWith(running.app, []), 403],
    ['an app where a user is needed', () => appWith(running.app, []), 401],
  ])('what became of %s can be looked up', async (_, credential, status) => {
    expect(await known([await idOfRefusal(await credential(), status)])).toBe(1);
  });

  it.each<[string, (id: string, keys: ApiKeyService) => Promise<unknown>, number]>([
    ['was revoked', (id, keys) => keys.revoke(id), 401],
    ['is suspended', (id, keys) => keys.disable(id), 401],
    ['was rotated', (id, keys) => keys.rotate(id, { overlapSeconds: 0 }), 401],
  ])('what became of a real key that %s can be looked up', async (_, end, status) => {
    const keys = running.app.get(ApiKeyService);
    const { id, key } = await keys.create({ appId: 'depot', name: 'North' });
    await end(id, keys);
    expect(await known([await idOfRefusal({ 'x-api-key': key }, status)])).toBe(1);
  });

  it('what became of a key at a foreign address, or used too often, can be looked up', async () => {
    const keys = running.app.get(ApiKeyService);
    const bound = await keys.create({ appId: 'depot', name: 'North', networks: ['192.0.2.0/24'] });
    const rateLimit = { requests: 1, windowSeconds: 60 };
    const limited = await keys.create({ appId: 'shop', name: 'South', rateLimit });
    await idOfRefusal({ 'x-api-key': limited.key }, 401);
    const ids = [
      await idOfRefusal({ 'x-api-key': bound.key }, 403),
      await idOfRefusal({ 'x-api-key': limited.key }, 429),
    ];
    expect(await known(ids)).toBe(2);
  });

  it('what became of a token that was verified before it expired or was revoked can be looked up', async () => {
    const [ada, bob] = [await userWith(running.app, [], 'ada'), await userWith(running.app, [], 'bob')];
    for (const user of [ada, bob]) await idOfRefusal(user, 403);
    await running.app.get(RevocationService).revokeUser('ada', { reason: 'test' });
    const ids = [await idOfRefusal(ada, 401)];
    now += 3_600_000;
    ids.push(await idOfRefusal(bob, 401), await idOfRefusal(bob, 401));
    expect(await known(ids)).toBe(3);
  });

  it('one who names the key of somebody else uses up nothing of theirs', async () => {
    const keys = running.app.get(ApiKeyService);
    const { key, id } = await keys.create({ appId: 'depot', name: 'North' });
    await keys.revoke(id);
    const guess = new MadeKey('ptc', 'live', id).text;
    const guesses: string[] = [];
    for (let count = 0; count < 10 * FEW; count++)
      guesses.push(await idOfRefusal({ 'x-api-key': guess }, 401));
    expect(await known(guesses)).toBe(0);
    expect(await known([await idOfRefusal({ 'x-api-key': key }, 401)])).toBe(1);
  });

  it('a customer who floods it is not in the way of another one', async () => {
    const [flooder, other] = [await userWith(running.app, [], 'eve'), await userWith(running.app, [], 'ada')];
    const floods: string[] = [];
    for (let count = 0; count < 10 * FEW; count++) floods.push(await idOfRefusal(flooder, 403));
    const ids = [await idOfRefusal(other, 403), await idOfRefusal(other, 403)];
    expect(await known(ids)).toBe(2);
    expect(await known(floods)).toBeLessThan(2 * FEW);
  });
});
