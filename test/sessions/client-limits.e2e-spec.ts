import { PortcullisModule, PortcullisSessionsModule, SessionService } from '@portcullis/auth';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { MfaClient, type Ticket, type Tokens } from '../support/mfa-client.js';
import { boot } from '../support/platforms.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { PASSWORD, QUICK_HASHER, Users, UsersModule } from '../support/users.js';

const HOUR = 3_600;

describeOnPlatforms('the sessions of a client with limits of its own on %s', (running) => {
  const client = new MfaClient(running);
  const refresh = (path: string, { refresh_token }: Tokens) =>
    running.send('POST', `/${path}/refresh`, {}, { refresh_token });
  /** Goes on, or the status of a refusal. */
  const next = async (path: string, tokens: Tokens): Promise<Tokens | number> => {
    const answer = await refresh(path, tokens);
    return answer.status === 200 ? ((await answer.json()) as Tokens) : answer.status;
  };
  const limits = { idleSeconds: HOUR, lifetimeSeconds: 3 * HOUR };

  it('end by them, also those that have begun by a ticket, and those of another client by what holds for all', async () => {
    await client.start({}, limits);
    const login = { username: 'bob', password: PASSWORD };
    let elsewhere = (await (await running.send('POST', '/other/login', {}, login)).json()) as Tokens;
    const idle = (await next('auth', await client.login<Tokens>('bob'))) as Tokens;
    let tokens = await client.login<Tokens>();
    const { app } = await client.enrol(tokens);
    for (let times = 0; times < 3; times++) {
      client.clock.forward(HOUR - 60);
      tokens = (await next('auth', tokens)) as Tokens;
      expect(tokens).toHaveProperty('access_token');
    }
    expect(await next('auth', idle)).toBe(401);
    client.clock.forward(180);
    expect(await next('auth', tokens)).toBe(401);
    elsewhere = (await next('other', elsewhere)) as Tokens;
    expect(elsewhere).toHaveProperty('access_token');
    const proven = await client.prove(await client.login<Ticket>(), app.code());
    const byTicket = (await proven.json()) as Tokens;
    const session = await running.app.get(SessionService).find(byTicket.session_id);
    const { createdAt = 0, idleExpiresAt = 0, expiresAt = 0 } = session ?? {};
    expect([idleExpiresAt - createdAt, expiresAt - createdAt]).toEqual([HOUR * 1000, 3 * HOUR * 1000]);
    client.clock.forward(HOUR);
    expect(await next('auth', byTicket)).toBe(401);
  });
});

it('two clients of one app have no cookie in common: each would end the logins of the other', async () => {
  const start = async (cookieName: string, clientId = 'kiosk') => {
    const logins = { users: Users, imports: [UsersModule], cookie: true };
    const imports = [
      PortcullisSessionsModule.register({ ...logins, clientId: 'web' }),
      PortcullisSessionsModule.register({ ...logins, clientId, path: 'kiosk', cookieName }),
    ];
    const portcullis = { tokens: ownTokens, bans: noStrikes, passwords: { hasher: QUICK_HASHER } };
    const { app } = await boot('express', { imports: [PortcullisModule.forRoot(portcullis), ...imports] });
    await app.close();
  };
  await expect(start('__Host-refresh')).rejects.toThrow('the clients web and kiosk both keep refresh tokens');
  await start('__Host-kiosk');
  await start('__Host-refresh', 'web');
});

it('limits that make no sense are named', () => {
  const register = (more: object) => () =>
    PortcullisSessionsModule.register({ users: Users, clientId: 'web', ...more });
  for (const idleSeconds of [59, 31_536_001, 1.5, Number.NaN, '60'])
    expect(register({ idleSeconds })).toThrow('idleSeconds must be a whole number from 60 to 31536000');
  expect(register({ lifetimeSeconds: 0 })).toThrow('lifetimeSeconds');
  expect(register({ idleSeconds: 60, lifetimeSeconds: 31_536_000 })).not.toThrow();
});
