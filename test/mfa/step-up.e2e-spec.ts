import { PersonalTokenService, type UserIdentity } from '@portcullis/auth';
import { problemIn } from '../support/http.js';
import { type Authenticator, claimsIn, MfaClient, type Tokens } from '../support/mfa-client.js';
import { describeOnPlatforms } from '../support/running-app.js';

const codeOf = async (response: Response) => (await problemIn(response)).code;

describeOnPlatforms('a step-up on %s', (running) => {
  const client = new MfaClient(running);
  let app: Authenticator;
  let tokens: Tokens;
  let codes: string[];
  const stepUp = (code: string, factor = 'totp', by: Tokens = tokens) =>
    client.post('step-up', { factor, code }, client.as(by));

  beforeEach(async () => {
    await client.start();
    tokens = await client.login();
    ({ app, recoveryCodes: codes } = await client.enrol(tokens));
  });

  it('gives a new access token of the same session, with a higher level, and leaves the old one as it was', async () => {
    client.clock.forward(60);
    const answer = await stepUp(app.code());
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const raised = (await answer.json()) as Tokens;
    expect(Object.keys(raised).sort()).toEqual(['access_token', 'expires_in', 'session_id', 'token_type']);
    const { acr, amr, sid, auth_time } = claimsIn(raised);
    expect([acr, amr, sid]).toEqual(['mfa', ['pwd', 'otp', 'mfa'], tokens.session_id]);
    expect(Number(auth_time) - Number(claimsIn(tokens).auth_time)).toBeGreaterThanOrEqual(59);
    expect(claimsIn(tokens)).not.toHaveProperty('acr');
    expect((await client.post('recovery-codes', {}, client.as(tokens))).status).toBe(401);
    expect((await client.post('recovery-codes', {}, client.as(raised))).status).toBe(200);
  });

  it('shares its failures with logins', async () => {
    for (let index = 0; index < 3; index++)
      expect(await codeOf(await stepUp(app.wrong()))).toBe('mfa_failed');
    for (let index = 0; index < 2; index++) await client.prove(await client.login(), app.wrong());
    expect((await stepUp(app.code())).status).toBe(429);
    expect((await client.prove(await client.login(), app.code())).status).toBe(429);
    expect(await (await stepUp(codes[0] ?? '', 'recovery-codes')).json()).toMatchObject({
      enrol_again: true,
    });
  });

  it('uses a code up for logins, too', async () => {
    const code = app.code();
    expect((await stepUp(code)).status).toBe(200);
    expect((await client.prove(await client.login(), code)).status).toBe(401);
  });

  it('is for the session of its user alone', async () => {
    const { app: bobs } = await client.enrolled('bob');
    expect(await codeOf(await stepUp(bobs.code(), bobs.id))).toBe('mfa_failed');
    expect((await client.post('step-up', { factor: 'totp', code: app.code() })).status).toBe(401);
    await client.post('logout', {}, client.as(tokens));
    expect((await stepUp(app.code())).status).toBe(401);
  });

  it('says what may be proven', async () => {
    const answer = await client.post('step-up', {}, client.as(tokens));
    expect(await answer.json()).toMatchObject({
      next: 'mfa',
      factors: [{ id: app.id }, { kind: 'recovery-codes' }],
    });
  });

  it('comes before a personal token, and before a key, of somebody who has a factor', async () => {
    const body = { name: 'script', scopes: [] };
    const make = (by: Tokens) => running.send('POST', '/personal-tokens', client.as(by), body);
    const refused = await make(tokens);
    expect(refused.headers.get('www-authenticate')).toContain('acr_values="mfa"');
    expect(await codeOf(refused)).toBe('insufficient_user_authentication');
    const raised = (await (await stepUp(app.code())).json()) as Tokens;
    expect((await make(raised)).status).toBe(201);
    client.clock.forward(301);
    expect((await make(raised)).status).toBe(401);
    const bob = await client.login('bob');
    expect((await make(bob)).status).toBe(201);
    const user = {
      issuer: 'http://localhost:3000',
      subject: 'ada',
      scopes: [],
      claims: {},
    } as unknown as UserIdentity;
    const inCode = running.app.get(PersonalTokenService).create(user, { name: 'x', scopes: [] });
    await expect(inCode).rejects.toMatchObject({ code: 'insufficient_user_authentication' });
  });
});
