import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SessionService } from '@portcullis/auth';
import { sqlite } from '@portcullis/sql/sqlite';
import { ownTokens } from '../support/credentials.js';
import { program } from '../support/program.js';
import { Instance, KEYS, sessionsHold, type Tokens, TwoInstances } from './two-instances.js';

describe('sessions of two instances that share a file', () => {
  const instances = new TwoInstances();
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'portcullis-sessions-'));
    file = join(folder, 'store.db');
    await instances.start(() => sqlite({ file, keyEncryptionKeys: KEYS }));
  }, 30_000);
  afterAll(async () => {
    await instances.close();
    rmSync(folder, { recursive: true });
  });

  sessionsHold(instances);

  it('who is killed between the update and the answer has rotated: the retry gets the successor', async () => {
    const tokens = await instances.one.login();
    const parameters = [file, KEYS[0] as string, ownTokens.issuer.url, tokens.refresh_token];
    const child = spawn(process.execPath, [program('dying-app'), ...parameters], { stdio: 'inherit' });
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe('SIGKILL');
    const session = await instances.one.app.get(SessionService).find(tokens.session_id);
    expect(session?.generation).toBe(1);
    const next = (await instances.one.refresh(tokens.refresh_token)) as Tokens;
    expect(await instances.other.takes(next)).toBe(true);
    expect(typeof (await instances.other.refresh(next.refresh_token))).toBe('object');
  }, 30_000);

  it('who is killed between the end of a row and the revocation has ended the session: the next one to start sees to it', async () => {
    const [tokens, other] = [await instances.one.login(), await instances.one.login()];
    const parameters = [file, KEYS[0] as string, ownTokens.issuer.url, tokens.refresh_token, 'end'];
    const child = spawn(process.execPath, [program('dying-app'), ...parameters], { stdio: 'inherit' });
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe('SIGKILL');
    expect(await instances.one.refresh(tokens.refresh_token)).toBe(401);
    expect(await instances.one.takes(tokens)).toBe(true);
    const next = await Instance.start('express', sqlite({ file, keyEncryptionKeys: KEYS }));
    try {
      expect([await next.takes(tokens), await next.takes(other)]).toEqual([false, true]);
    } finally {
      await next.app.close();
    }
    await instances.refuse(tokens);
    expect(await instances.one.takes(other)).toBe(true);
  }, 30_000);

  it('whoever has the file has no token, and whoever puts it under another key makes none', async () => {
    const tokens = await instances.one.login();
    const next = (await instances.one.refresh(tokens.refresh_token)) as Tokens;
    const bytes = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
    for (const { refresh_token, access_token } of [tokens, next]) {
      const [, , secret, mac] = refresh_token.split('.') as [string, string, string, string];
      for (const part of [refresh_token, secret, mac, access_token.split('.')[2] as string])
        expect(bytes.some((text) => text.includes(part))).toBe(false);
    }
    expect(bytes.some((text) => text.includes(tokens.session_id))).toBe(true);
    const thief = await Instance.start(
      'express',
      sqlite({ file: join(folder, 'thief.db'), keyEncryptionKeys: [Buffer.alloc(32, 9).toString('base64')] }),
    );
    try {
      expect(await thief.refresh(next.refresh_token)).toBe(401);
    } finally {
      await thief.app.close();
    }
  }, 30_000);
});
