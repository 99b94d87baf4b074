import { MemoryFactorStore } from '@portcullis/auth';
import { TestCredentials } from '@portcullis/testing';
import { userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { MfaClient } from '../support/mfa-client.js';
import { describeOnPlatforms } from '../support/running-app.js';

interface Factors {
  readonly factors: readonly { readonly id: string; readonly kind: string; readonly left?: number }[];
}

describeOnPlatforms('admins of second factors on %s', (running) => {
  const client = new MfaClient(running);
  let credentials: TestCredentials;
  let admin: Record<string, string>;

  const start = async (mfa: object = {}) => {
    await client.start({ mfa, stores: { factors: new MemoryFactorStore() } });
    credentials = new TestCredentials(running.app);
    admin = await userWith(running.app, ['factors:admin'], 'root');
  };
  const enrolled = (subject: string) => credentials.authenticator({ subject, now: client.clock.now });
  const list = async (subject: string) =>
    (await (await running.get(`/admin/factors?subject=${subject}`, admin)).json()) as Factors;
  const remove = async (id: string, by = admin) =>
    (await running.send('DELETE', `/admin/factors/${id}`, by)).status;
  beforeEach(() => start());

  it('see those of a user, and nothing that proves anybody', async () => {
    const { factorId, secret, recoveryCodes } = await enrolled('ada');
    await enrolled('bob');
    const response = await running.get('/admin/factors?subject=ada', admin);
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const text = await response.text();
    expect(JSON.parse(text)).toEqual({
      factors: [
        expect.objectContaining({ id: factorId, kind: 'totp', name: 'Test authenticator' }),
        expect.objectContaining({ kind: 'recovery-codes', left: 10 }),
      ],
    });
    for (const hidden of [secret, 'sealed', ...recoveryCodes]) expect(text).not.toContain(hidden);
    expect(await list('nobody')).toEqual({ factors: [] });
    expect(await running.statusOf('/admin/factors', admin)).toBe(400);
    expect(await running.statusOf('/admin/factors?subject=ada&subject=bob', admin)).toBe(400);
  });

  it('remove that of somebody who has lost it, who then logs in without; it is an event with their name', async () => {
    const { factorId } = await enrolled('ada');
    await enrolled('bob');
    expect(await client.login<object>('ada')).toMatchObject({ next: 'mfa' });
    expect(await remove(factorId)).toBe(204);
    expect(await remove(factorId)).toBe(404);
    expect(await list('ada')).toEqual({ factors: [] });
    expect(await client.login<object>('ada')).not.toHaveProperty('next');
    expect(await client.login<object>('bob')).toMatchObject({ next: 'mfa' });
    const removed = running.events.all.filter(({ type }) => type === 'factor.removed');
    expect(removed).toEqual([
      expect.objectContaining({ actor: 'root', factorId, factor: 'totp', subject: 'ada' }),
    ]);
  });

  it('remove also the last one of a user who must have one, and has to enrol then', async () => {
    await start({ required: 'always' });
    const { factorId } = await enrolled('ada');
    expect(await remove(factorId)).toBe(204);
    expect(await client.login<object>('ada')).toMatchObject({ next: 'enrol' });
  });

  it('need their scope: whoever has another one, or none, sees and removes nothing', async () => {
    const { factorId } = await enrolled('ada');
    const others = await userWith(running.app, ['sessions:admin', 'parcels:*'], 'eve');
    expect(await running.statusOf('/admin/factors?subject=ada', others)).toBe(403);
    expect(await remove(factorId, others)).toBe(403);
    expect(await remove(factorId, {})).toBe(401);
    expect((await list('ada')).factors).toHaveLength(2);
  });
});

describeOnPlatforms('an authenticator app of a test on %s', (running) => {
  const client = new MfaClient(running);

  it.each([{}, { totpAlgorithm: 'SHA512', totpDigits: 8 } as const])(
    'makes codes that work, each once, with %j',
    async (mfa) => {
      await client.start({ mfa });
      const credentials = new TestCredentials(running.app);
      const app = await credentials.authenticator({ subject: 'ada', now: client.clock.now });
      for (const _ of [1, 2]) {
        const code = app.code();
        const response = await client.prove(await client.login(), code);
        expect([response.status, await response.json()]).toEqual([
          200,
          expect.objectContaining({ token_type: 'Bearer' }),
        ]);
        const again = await client.prove(await client.login(), code);
        expect((await problemIn(again)).code).toBe('mfa_failed');
        expect(() => [app.code(), app.code()]).toThrow('Turn the clock of the app forward');
        client.clock.forward(90);
      }
      expect(app.recoveryCodes).toHaveLength(10);
      const [code = ''] = app.recoveryCodes;
      expect((await client.prove(await client.login(), code, 'recovery-codes')).status).toBe(200);
    },
  );
});
