import { Controller, Get } from '@nestjs/common';
import { ApiKeyService, Honeypot, MemoryAuditStore, PortcullisModule } from '@portcullis/auth';
import { importFrom, layOut } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'docs/guides/events.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { AlarmService } = await load('alarm.service.ts');
const { KeyHistory } = await load('key-history.service.ts');

afterAll(laidOut.remove);

@Controller()
class DecoyController {
  @Honeypot()
  @Get('decoy')
  decoy() {
    return 'in';
  }
}

it.each(platforms)('raises the alarm when an address is banned, on %s', async (platform) => {
  const imports = [PortcullisModule.forRoot({ trustedProxies: ['127.0.0.1'] })];
  const metadata = { imports, controllers: [DecoyController], providers: [AlarmService] };
  const { app, url } = await boot(platform, metadata);
  await fetch(`${url}/decoy`, { headers: { 'x-forwarded-for': '203.0.113.7' } });
  expect(app.get(AlarmService).alarms).toEqual([expect.stringMatching(/^203\.0\.113\.7\/32: .*honeypot/)]);
  await app.close();
});

it('shows the history of a key, where an audit log is kept', async () => {
  const histories = [{ audit: new MemoryAuditStore() }, {}].map(async (stores) => {
    const { app } = await boot('express', {
      imports: [PortcullisModule.forRoot({ stores })],
      providers: [KeyHistory],
    });
    const keys = app.get(ApiKeyService);
    const { id } = await keys.create({ appId: 'shop', name: 'Shop', scopes: [], actor: 'root' });
    await keys.revoke(id, { actor: 'ann', address: '192.0.2.1' });
    const history: unknown = await app.get(KeyHistory).of(id);
    await app.close();
    return history;
  });
  expect(await Promise.all(histories)).toEqual([
    [
      { type: 'api-key.revoked', actor: 'ann', address: '192.0.2.1' },
      { type: 'api-key.created', actor: 'root', address: null },
    ],
    [],
  ]);
});
