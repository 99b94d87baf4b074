import type { INestApplication } from '@nestjs/common';
import { beginMinute } from '../support/clock.js';
import { Authenticator, claimsIn } from '../support/mfa-client.js';
import { blocksOf, importFrom, layOut } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'docs/guides/mfa.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { AppModule } = await load('app.module.ts');
const { UsersService } = await load('users.service.ts');

const PASSWORD = 'correct horse';

afterAll(laidOut.remove);

describe.each(platforms)('the guide to second factors on %s', (platform) => {
  let app: INestApplication;
  let url: string;

  beforeEach(async () => {
    // Three codes count in thirty seconds, and the app takes no clock.
    beginMinute();
    ({ app, url } = await boot(platform, { imports: [AppModule] }));
    const users = app.get(UsersService, { strict: false });
    await users.register('ada', PASSWORD, ['parcels:read']);
    await users.register('root', PASSWORD, ['parcels:admin']);
  });
  afterEach(() => app.close());

  const send = async (method: string, path: string, body?: object, token?: string) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  const login = (username: string) => send('POST', '/auth/login', { username, password: PASSWORD });
  const appOf = ({ id, secret }: { id: string; secret: string }) => new Authenticator(id, secret, Date.now);

  it('enrols, asks, and answers a ticket as it shows', async () => {
    const { body: first } = await login('ada');
    const begun = await send('POST', '/auth/factors/totp', { name: 'phone' }, first.access_token);
    expect(begun).toMatchObject({
      status: 201,
      body: { uri: expect.stringContaining('otpauth://totp/Parcels:ada?') },
    });
    const authenticator = appOf(begun.body);
    const confirm = { code: authenticator.code(-1) };
    const confirmed = await send(
      'POST',
      `/auth/factors/${authenticator.id}/confirm`,
      confirm,
      first.access_token,
    );
    expect(confirmed.body.recovery_codes).toHaveLength(10);

    const { body: ticket } = await login('ada');
    const [shown] = (await blocksOf(PAGE)).filter(({ language }) => language === 'json');
    const { factors, ...rest } = JSON.parse(shown?.text ?? '');
    expect(Object.keys(ticket)).toEqual(['next', 'ticket', 'factors', 'expires_in']);
    expect(ticket).toMatchObject({ ...rest, ticket: expect.stringMatching(/^ptc_lt_/) });
    expect(Object.keys(ticket.factors[0])).toEqual(Object.keys(factors[0]));
    expect(ticket.factors[0]).toMatchObject({ kind: 'totp', name: 'phone' });
    const answer = { ticket: ticket.ticket, factor: 'totp', code: authenticator.code() };
    const { body: tokens } = await send('POST', '/auth/mfa', answer);
    expect(claimsIn(tokens)).toMatchObject({ acr: 'mfa', amr: ['pwd', 'otp', 'mfa'] });

    const raised = await send(
      'POST',
      '/auth/step-up',
      { factor: 'totp', code: authenticator.code(1) },
      tokens.access_token,
    );
    expect(raised.body).toMatchObject({ session_id: tokens.session_id });
    const listed = await send('GET', '/auth/factors', undefined, tokens.access_token);
    expect(listed.body.factors[1]).toMatchObject({ kind: 'recovery-codes', left: 10 });
    const renewed = await send('POST', '/auth/recovery-codes', {}, raised.body.access_token);
    expect(renewed.body.recovery_codes).toHaveLength(10);
    const other = await login('ada');
    const recovery = {
      ticket: other.body.ticket,
      factor: 'recovery-codes',
      code: renewed.body.recovery_codes[0],
    };
    const recovered = await send('POST', '/auth/mfa', recovery);
    expect(recovered.body).toMatchObject({ enrol_again: true, recovery_codes_left: 9 });
    const removed = await send(
      'DELETE',
      `/auth/factors/${authenticator.id}`,
      undefined,
      recovered.body.access_token,
    );
    expect(removed.status).toBe(204);
  });

  it('lets an admin enrol before anything else', async () => {
    const { body: ticket } = await login('root');
    expect(ticket).toMatchObject({ next: 'enrol', factors: [] });
    const { body: begun } = await send('POST', '/auth/factors/totp', { ticket: ticket.ticket });
    const authenticator = appOf(begun);
    const code = authenticator.code();
    const confirm = await send('POST', `/auth/factors/${authenticator.id}/confirm`, {
      ticket: ticket.ticket,
      code,
    });
    expect(confirm.body).toMatchObject({
      access_token: expect.any(String),
      recovery_codes: expect.any(Array),
    });
  });

  it('asks after a password reset, too', async () => {
    const reset = (token: string) => send('POST', '/password-reset', { token });
    expect((await reset('guessed')).status).toBe(401);
    const { body: tokens } = await reset('from the mail');
    const { body: begun } = await send('POST', '/auth/factors/totp', {}, tokens.access_token);
    const code = appOf(begun).code();
    await send('POST', `/auth/factors/${begun.id}/confirm`, { code }, tokens.access_token);
    expect((await reset('from the mail')).body).toMatchObject({ next: 'mfa' });
  });
});
