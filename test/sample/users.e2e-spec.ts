import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../apps/sample/src/app.js';
import { AccountsService } from '../../apps/sample/src/auth/accounts.service.js';
import { readConfig } from '../../apps/sample/src/config.js';

it('whoever has come by the login of another app is there when the sample starts again, and so is who has a password', async () => {
  const DATA = mkdtempSync(join(tmpdir(), 'sample-users-'));
  const config = readConfig({ DATA, LOG_LEVEL: 'fatal', NODE_ENV: 'test' });
  const withUsers = async <T>(work: (users: AccountsService) => Promise<T>): Promise<T> => {
    const app = await createApp(config);
    try {
      return await work(app.get(AccountsService, { strict: false }));
    } finally {
      await app.close();
    }
  };
  try {
    const ofOthers = { provider: 'parcels', sub: 'ada' } as Parameters<AccountsService['createFor']>[0];
    const created = await withUsers(async (users) => {
      await users.register({ username: 'bob', password: 'correct horse', scopes: ['parcels:*'] });
      return users.createFor(ofOthers);
    });
    await withUsers(async (users) => {
      expect(await users.createFor(ofOthers)).toEqual(created);
      expect(await users.find('parcels:ada')).toEqual({ subject: 'parcels:ada', scopes: ['parcels:read'] });
      expect([await users.hasPassword('parcels:ada'), await users.hasPassword('bob')]).toEqual([false, true]);
      expect(await users.find('bob')).toEqual({ subject: 'bob', scopes: ['parcels:*'] });
      expect(await users.find('nobody')).toBeUndefined();
    });
  } finally {
    rmSync(DATA, { recursive: true });
  }
}, 30_000);
