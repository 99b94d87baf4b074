import { BanService } from '@portcullis/auth';
import { inParallel, type Shot } from '../support/bursts.js';
import { ownTokens } from '../support/credentials.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { RawConnection, rawRequest } from '../support/raw-connection.js';
import { describeOnPlatforms } from '../support/running-app.js';

const BANNED = '203.0.113.7';
const shots = (count: number): Shot[] =>
  Array(count).fill({ method: 'GET', path: '/public', headers: { 'x-forwarded-for': BANNED } });

describeOnPlatforms('a tarpit on %s', (running) => {
  const start = async (tarpit: { delaySeconds: number; connections: number }) => {
    await running.start({
      portcullis: { trustedProxies: ['127.0.0.1'], tokens: ownTokens, bans: { answer: 'tarpit', tarpit } },
      controllers: [PlainRoutesController],
    });
    await running.app.get(BanService).ban(BANNED, { reason: 'test', seconds: 60 });
  };

  it('refuses in the end, and lets honest callers pass', async () => {
    await start({ delaySeconds: 1, connections: 10 });
    const answering = running.get('/public', { 'x-forwarded-for': BANNED });
    expect(await running.statusOf('/public')).toBe(200);
    const answer = await answering;
    expect([answer.status, answer.headers.get('connection')]).toEqual([403, 'close']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(50);
  });

  it('holds so many and no more, one on each connection, and lets the app stop', async () => {
    await start({ delaySeconds: 300, connections: 2 });
    const held = inParallel(running.url, shots(2));
    // Both have arrived before these: events are counted when a refusal is decided.
    while (running.events.of('request.refused').length < 2) await new Promise(setImmediate);
    expect(new Set(await inParallel(running.url, shots(20)))).toEqual(new Set([403]));
    await running.close();
    expect(await held).toEqual([403, 403]);
  });

  it('has room again when somebody leaves, and holds nobody whose leaving it could not see', async () => {
    await start({ delaySeconds: 300, connections: 1 });
    const sentOn = { connection: 'close', 'content-length': '200000', 'x-forwarded-for': BANNED };
    const lines = Object.entries(sentOn).map(([name, value]) => `${name}: ${value}`);
    expect((await rawRequest(running.url, 'POST /public', lines, 'x'.repeat(200_000))).status).toBe(403);
    const leaving = await RawConnection.open(running.url);
    leaving.request('POST /public', [`X-Forwarded-For: ${BANNED}`, 'Content-Length: 2'], '{}');
    await running.events.first('request.refused', 2);
    leaving.destroy();
    let held: Promise<number> | undefined;
    while (held === undefined) {
      const refused = running.events.of('request.refused').length;
      const answer = inParallel(running.url, shots(1)).then(([status]) => status as number);
      await running.events.first('request.refused', refused + 1);
      // What is answered at once has come before this.
      const isAnswered = await Promise.race([
        answer.then(() => true),
        running.statusOf('/public').then(() => false),
      ]);
      if (!isAnswered) held = answer;
    }
    await running.close();
    expect(await held).toBe(403);
  });

  it('is left by a connection that sends on', async () => {
    await start({ delaySeconds: 300, connections: 2 });
    const connection = await RawConnection.open(running.url);
    for (const _ of [1, 2]) connection.request('GET /public', [`X-Forwarded-For: ${BANNED}`]);
    await connection.closed;
    await expect(connection.response()).rejects.toThrow('Closed after ""');
  });
});
