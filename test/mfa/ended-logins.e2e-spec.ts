import { SessionService } from '@portcullis/auth';
import { problemIn } from '../support/http.js';
import { Authenticator, MfaClient, type Ticket, type Tokens } from '../support/mfa-client.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { PASSWORD, Users } from '../support/users.js';

describeOnPlatforms('logins that a new password finds under way, on %s,', (running) => {
  const client = new MfaClient(running);
  const endAll = (details: object = {}) =>
    running.app.get(SessionService).endAllOf('ada', { reason: 'new password', ...details });

  it('are over where they wait for a factor, and the session that has changed it goes on', async () => {
    await client.start();
    const tokens = await client.login<Tokens>();
    const { app } = await client.enrol(tokens);
    const ticket = await client.login<Ticket>();
    const asks = await client.post('mfa', { ticket: ticket.ticket });
    expect(asks.status).toBe(200);
    await endAll({ except: tokens.session_id });
    const refused = await client.prove(ticket, app.code());
    expect([refused.status, (await problemIn(refused)).code]).toEqual([401, 'invalid_login_ticket']);
    expect((await problemIn(await client.post('mfa', { ticket: ticket.ticket }))).code).toBe(
      'invalid_login_ticket',
    );
    expect((await client.post('refresh', { refresh_token: tokens.refresh_token })).status).toBe(200);
    expect((await client.prove(await client.login(), app.code())).status).toBe(200);
  });

  it('are over where they are to enrol, before a factor is added', async () => {
    await client.start({ mfa: { required: 'always' } });
    const { ticket } = await client.login<Ticket>();
    const { id, secret } = (await (await client.post('factors/totp', { ticket })).json()) as {
      id: string;
      secret: string;
    };
    await endAll();
    const code = new Authenticator(id, secret, client.clock.now).code();
    const refused = await client.post(`factors/${id}/confirm`, { ticket, code });
    expect((await problemIn(refused)).code).toBe('invalid_login_ticket');
    expect(running.events.of('factor.added')).toEqual([]);
  });

  it.each(['never', 'when-enrolled'] as const)(
    'are refused where the old password was just looked at (mfa.required: %s)',
    async (required) => {
      await client.start({ mfa: { required } });
      if (required === 'when-enrolled') await client.enrolled();
      const users = running.app.get(Users, { strict: false });
      const verifyPassword = users.verifyPassword.bind(users);
      users.verifyPassword = async (...given) => {
        users.verifyPassword = verifyPassword;
        const user = await verifyPassword(...given);
        await endAll();
        return user;
      };
      const refused = await client.post('login', { username: 'ada', password: PASSWORD });
      expect([refused.status, (await problemIn(refused)).code]).toEqual([401, 'invalid_token']);
      const { sessions } = await running.app.get(SessionService).list({ subject: 'ada' });
      expect(sessions).toEqual([]);
      expect(await client.login<Tokens | Ticket>()).toHaveProperty(
        required === 'never' ? 'access_token' : 'ticket',
      );
    },
  );
});
