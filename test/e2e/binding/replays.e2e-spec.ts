import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqlite } from '@portcullis/sql/sqlite';
import { BoundDevice, ORIGIN } from '../../support/bound-calls.js';
import { noStrikes, ownTokens } from '../../support/credentials.js';
import { problemIn } from '../../support/http.js';
import { PlainRoutesController } from '../../support/plain-routes.js';
import { describeOnPlatforms } from '../../support/running-app.js';
import { expectOnceOnAll } from '../../support/shared-proofs.js';
import { noteSqlite } from '../../support/tested-engine.js';

const NOTHING_TAKEN_BACK = { release: async () => {} };

beforeAll(noteSqlite);

it('a proof counts once on two instances that share a SQLite file, also after a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-proofs-'));
  const keyEncryptionKeys = [Buffer.alloc(32, 7).toString('base64')];
  await expectOnceOnAll(() => sqlite({ file: join(folder, 'store.db'), keyEncryptionKeys }));
  rmSync(folder, { recursive: true });
}, 30_000);

describeOnPlatforms('who is asked whether a proof was used, on %s', (running) => {
  const portcullis = { tokens: ownTokens, publicOrigins: [ORIGIN], bans: noStrikes };
  const controllers = [PlainRoutesController];

  it('nobody else with replay: instance', async () => {
    const replays = {
      ...NOTHING_TAKEN_BACK,
      firstUse: () => Promise.reject(new Error('is not to be asked')),
    };
    await running.start({
      portcullis: { ...portcullis, binding: { replays, replay: 'instance' } },
      controllers,
    });
    const device = await BoundDevice.of(running);
    const headers = device.headers('/user');
    expect([await running.statusOf('/user', headers), await running.statusOf('/user', headers)]).toEqual([
      200, 401,
    ]);
  });

  it('a set that does not answer refuses, and holds up no token that is not bound', async () => {
    const replays = { ...NOTHING_TAKEN_BACK, firstUse: () => Promise.reject(new Error('away')) };
    await running.start({ portcullis: { ...portcullis, binding: { replays } }, controllers });
    const device = await BoundDevice.of(running);
    const response = await running.get('/user', device.headers('/user'));
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await problemIn(response)).code).toBe('temporarily_unavailable');
  });
});
