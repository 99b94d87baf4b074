import type { FactorStore } from '@portcullis/auth';
import { FACTOR_STORE } from '@portcullis/auth/internal';
import { problemIn } from '../support/http.js';
import { type Authenticator, claimsIn, MfaClient, type Tokens } from '../support/mfa-client.js';
import { describeOnPlatforms } from '../support/running-app.js';

const codeOf = async (response: Response) => (await problemIn(response)).code;

describeOnPlatforms('recovery codes on %s', (running) => {
  const client = new MfaClient(running);
  let app: Authenticator;
  let codes: string[];
  const use = async (code: string) => client.prove(await client.login(), code, 'recovery-codes');

  beforeEach(async () => {
    await client.start();
    ({ app, recoveryCodes: codes } = await client.enrolled());
  });

  it('complete a login once each, and say that there is something to be done', async () => {
    const answer = await use(codes[3] ?? '');
    const tokens = (await answer.json()) as Tokens & Record<string, unknown>;
    expect(tokens).toMatchObject({ enrol_again: true, recovery_codes_left: 9, token_type: 'Bearer' });
    expect(claimsIn(tokens)).toMatchObject({ acr: 'mfa', amr: ['pwd', 'otp', 'mfa'] });
    expect(running.events.of('recovery-code.used')).toMatchObject([
      { subject: 'ada', factor: 'recovery-codes', left: 9, actor: 'ada', address: '127.0.0.1' },
    ]);
    expect(await codeOf(await use(codes[3] ?? ''))).toBe('mfa_failed');
    expect((await use(codes[4] ?? '')).status).toBe(200);
    expect(JSON.stringify(running.events.all)).not.toContain(codes[3]);
  });

  it('are used once by all that come at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => use(codes[0] ?? '')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('are taken as people type them', async () => {
    const spellings = [
      (code: string) => code.toUpperCase(),
      (code: string) => code.replaceAll('-', ''),
      (code: string) => ` ${code.replaceAll('-', ' ')} `,
    ];
    for (const [index, spell] of spellings.entries())
      expect((await use(spell(codes[index] ?? ''))).status).toBe(200);
  });

  it('are those of their user alone', async () => {
    const { recoveryCodes: bobs } = await client.enrolled('bob');
    expect(await codeOf(await use(bobs[0] ?? ''))).toBe('mfa_failed');
  });

  it('are renewed, which ends the old ones', async () => {
    const strong = await client.loginWith(app);
    const answer = await client.post('recovery-codes', {}, client.as(strong));
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const { recovery_codes: renewed } = (await answer.json()) as { recovery_codes: string[] };
    expect(new Set([...renewed, ...codes]).size).toBe(20);
    expect(await codeOf(await use(codes[0] ?? ''))).toBe('mfa_failed');
    expect((await use(renewed[0] ?? '')).status).toBe(200);
  });

  it('let their user remove the factor that is lost', async () => {
    const tokens = (await (await use(codes[0] ?? '')).json()) as Tokens;
    const removed = await running.send('DELETE', `/auth/factors/${app.id}`, client.as(tokens));
    expect(removed.status).toBe(204);
    expect(await client.login<object>()).not.toHaveProperty('next');
  });

  it('are there for no one without another factor', async () => {
    const bob = await client.login('bob');
    expect(await codeOf(await client.post('recovery-codes', {}, client.as(bob)))).toBe('factor_conflict');
  });

  it('prove nothing once it is gone, though who removed it died before they were', async () => {
    await running.app.get<FactorStore>(FACTOR_STORE.token).remove(app.id, []);
    const tokens = await client.login();
    const asked = { factor: 'recovery-codes', code: codes[0] };
    expect((await client.post('step-up', asked, client.as(tokens))).status).toBe(401);
    expect(running.events.of('recovery-code.used')).toEqual([]);
  });

  it('come once: a second factor brings no others', async () => {
    const strong = await client.loginWith(app);
    expect((await client.enrol(strong)).recoveryCodes).toEqual([]);
    expect((await use(codes[0] ?? '')).status).toBe(200);
  });
});
