import { ApiKeyService, BanService, PortcullisAdminModule, SecurityEvents } from '@portcullis/auth';
import { ownTokens, userWith } from '../support/credentials.js';
import { LineKeeper } from '../support/line-keeper.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms } from '../support/running-app.js';

const FORGED = '[Nest] 1  - LOG [Portcullis] Unbanned 203.0.113.7/32';
/** Whatever could begin a line of its own, or steer a terminal: C0, DEL, C1, separators, bidi. */
const STEERING = ['\n', '\r', '\t', '\u001b[2K\u001b[1A', '\u007f', '\u009b2J', '\u2028', '\u202e', '\u2066'];
const CHOSEN = STEERING.map((character) => character + FORGED).join('');
const ODD = /[\p{C}\p{Zl}\p{Zp}]/u;

describeOnPlatforms('texts that others chose, in the log of an app on %s', (running) => {
  const logger = new LineKeeper();
  const admin = () =>
    userWith(running.app, ['bans:admin', 'keys:admin', 'tokens:admin'], CHOSEN.slice(0, 200));

  beforeAll(() =>
    running.start({
      portcullis: { tokens: ownTokens, bans: { allowed: ['127.0.0.1'] } },
      imports: [PortcullisAdminModule.register()],
      controllers: [PlainRoutesController],
      logger,
    }),
  );

  beforeEach(() => logger.lines.splice(0));

  const linesWith = (word: string) => logger.lines.filter((line) => line.includes(word));

  afterEach(() => {
    for (const line of logger.lines.filter((each) => each.includes('Portcullis')))
      expect(line).not.toMatch(ODD);
    expect(logger.lines.filter((line) => line.startsWith('[Nest]'))).toEqual([]);
  });

  it('are escaped where they are the reason of a ban', async () => {
    const ban = { network: '203.0.113.7', reason: CHOSEN };
    expect((await running.send('POST', '/admin/bans', await admin(), ban)).status).toBe(201);
    expect(linesWith('Banned 203.0.113.7/32')).toHaveLength(1);
    expect(linesWith('\\n[Nest]')).toHaveLength(1);
  });

  it('are escaped where they are the reason of a revocation', async () => {
    const { id } = await running.app
      .get(ApiKeyService)
      .create({ appId: 'depot\u202e', name: 'north\u2028', scopes: [], lifetimeSeconds: 60 });
    const path = `/admin/api-keys/${id}?reason=${encodeURIComponent(CHOSEN)}`;
    expect((await running.send('DELETE', path, await admin())).status).toBe(204);
    expect(linesWith(`Revoked API key ${id}`)).toHaveLength(1);
    expect(linesWith('\\u001b[2K')).toHaveLength(1);
  });

  it('are escaped where a listener has banned', async () => {
    await running.app.get(BanService).ban('203.0.113.8', { reason: CHOSEN, actor: CHOSEN });
    expect(linesWith('Banned 203.0.113.8/32')).toHaveLength(1);
  });

  it('are escaped where they are in a credential, or in the path', async () => {
    const token = `${Buffer.from(JSON.stringify({ alg: CHOSEN, typ: CHOSEN })).toString('base64url')}.e30.AA`;
    expect(await running.statusOf('/user', { authorization: `Bearer ${token}` })).toBe(401);
    expect(await running.statusOf(`/user${encodeURI('/\u2028\u202e')}%0a%1b`)).toBe(404);
    expect(linesWith('Refused GET /user').length).toBeGreaterThan(0);
  });
});

describeOnPlatforms('what a database says, in the log of an app on %s', (running) => {
  it('is in one line, also where its error comes with a stack', async () => {
    const logger = new LineKeeper();
    await running.start({ portcullis: { tokens: ownTokens }, logger });
    running.app.get(SecurityEvents).subscribe(() => {
      throw new Error(`invalid input: ${CHOSEN}`);
    });
    await running.app.get(BanService).ban('203.0.113.9', { reason: 'x' });
    const [line = ''] = logger.lines.filter((each) => each.includes('A listener failed'));
    expect(line).toContain('invalid input: \\n[Nest]');
    expect(line.split('\n').filter((each) => ODD.test(each) || each.startsWith('[Nest]'))).toEqual([]);
  });
});
