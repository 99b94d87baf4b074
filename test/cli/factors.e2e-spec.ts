import { userInfo } from 'node:os';
import { join } from 'node:path';
import { sqlite } from '@portcullis/sql/sqlite';
import { portcullis } from '../support/command.js';
import { ownTokens } from '../support/credentials.js';
import { type Authenticator, MfaClient, type Ticket, type Tokens } from '../support/mfa-client.js';
import { RunningApp } from '../support/running-app.js';
import { ScratchFolder } from '../support/scratch-repository.js';

const [OLD, NEW] = [7, 8].map((byte) => Buffer.alloc(32, byte).toString('base64')) as [string, string];
const ISSUER = ownTokens.issuer.url;

describe('the factors in the database of a running app', () => {
  const running = new RunningApp('fastify');
  const client = new MfaClient(running);
  let folder: ScratchFolder;
  let app: Authenticator;
  const start = (...keyEncryptionKeys: string[]) =>
    client.start({ storage: sqlite({ file: join(folder.path, 'store.db'), keyEncryptionKeys }) });
  beforeAll(async () => {
    folder = await ScratchFolder.make();
    await start(OLD);
    ({ app } = await client.enrolled());
  });
  afterAll(async () => {
    await running.close();
    await folder.remove();
  });
  const factors = (env: Record<string, string>, ...args: string[]) => {
    const alone = { DATABASE_URL: '', REDIS_URL: '', ISSUER: '', KEY_ENCRYPTION_KEY: '' };
    const here = { path: folder.path, env: { ...alone, PORTCULLIS_STORE: 'store.db', ...env } };
    return portcullis(here, 'factors', ...args);
  };
  const resealWith = (...keys: string[]) => factors({ KEY_ENCRYPTION_KEY: keys.join(',') }, 'reseal');

  it('are listed with what identifies them, and nothing secret', async () => {
    const { code, lines } = await factors({ ISSUER }, 'list', '--subject', 'ada');
    expect([code, lines]).toEqual([
      0,
      [
        expect.stringMatching(new RegExp(`^${app.id}  totp  added \\S+  used \\S+$`)),
        expect.stringMatching(/^\S+ {2}recovery-codes .* 10 left$/),
      ],
    ]);
    const asJson = await factors({}, 'list', '--subject', 'ada', '--issuer', ISSUER, '--json');
    const listed = asJson.lines.map((line) => JSON.parse(line));
    expect(listed.map(({ id }) => id)).toContain(app.id);
    for (const { id } of listed) expect(id).toMatch(/^[\da-f]{32}$/);
    expect(Object.keys(listed[0]).sort()).toEqual(['createdAt', 'id', 'kind', 'lastUsedAt', 'name']);
    const nobodys = await factors({ ISSUER }, 'list', '--subject', 'bob');
    expect([nobodys.code, nobodys.lines, nobodys.remarks]).toEqual([0, [], 'bob has no factors.\n']);
  });

  it('are encrypted anew with the first key, so that the old one is not needed, and still work', async () => {
    expect((await resealWith(NEW)).code).toBe(2);
    expect((await resealWith(NEW, OLD)).lines).toEqual(['Encrypted the secrets of 1 factor anew']);
    expect((await resealWith(NEW)).lines).toEqual(['Encrypted the secrets of 0 factors anew']);
    expect((await resealWith(OLD)).code).toBe(2);
    // Signing keys rotate by themselves: until then the old key is there for them.
    await start(NEW, OLD);
    client.clock.forward(60);
    const { ticket } = await client.login<Ticket>();
    expect((await client.post('mfa', { ticket, factor: app.id, code: app.code() })).status).toBe(200);
  });

  it('are removed by id, also the last one, which the running app knows at once', async () => {
    const removed = await factors({}, 'remove', app.id);
    expect([removed.code, removed.lines]).toEqual([0, [`Removed the factor ${app.id}`]]);
    expect(await client.login<Tokens>()).toHaveProperty('access_token');
    expect((await factors({ ISSUER }, 'list', '--subject', 'ada')).lines).toEqual([]);
    const again = await factors({}, 'remove', app.id);
    expect([again.code, again.remarks]).toEqual([2, `There is no factor ${app.id}.\n`]);
    const stores = sqlite({ file: join(folder.path, 'store.db') }).open();
    const entries = await stores.audit.list({ types: ['factor.removed'], limit: 10 });
    await stores.close();
    expect(entries.map(({ actor, subject }) => [actor, subject])).toEqual([
      [`cli:${userInfo().username}`, 'ada'],
    ]);
  });

  it.each([
    [['list'], {}, 'Say whose: --subject <sub>.'],
    [['list', '--subject', 'ada'], {}, 'Name the issuer of their tokens'],
    [['remove'], {}, 'Name the id of the factor.'],
    [['remove', 'one', 'two'], {}, 'two is one argument too many.'],
    [['remove', '-one'], {}, "after '--'"],
    [['reseal'], {}, 'Give the keys, the new one first'],
    [['reseal'], { KEY_ENCRYPTION_KEY: 'short' }, ''],
    [['destroy'], {}, 'There is nothing to do called destroy.'],
    [
      ['list', '--subject', 'ada'],
      { ISSUER, PORTCULLIS_STORE: 'nowhere.db' },
      'There is no store nowhere.db',
    ],
  ] as [string[], Record<string, string>, string][])(
    '%j with %j is refused: %s',
    async (args, env, remark) => {
      const { code, lines, remarks } = await factors(env, ...args);
      expect([code, lines]).toEqual([2, []]);
      expect(remarks).toContain(remark);
      expect(remarks).not.toContain('short\n');
    },
  );
});
