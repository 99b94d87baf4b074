import { X509Certificate } from 'node:crypto';
import {
  PortcullisMfaModule,
  PortcullisSessionsModule,
  type PortcullisSessionsOptions,
} from '@portcullis/auth';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { Authenticator } from '../support/mfa-client.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { type ClientTls, clients } from '../support/tls.js';
import { PASSWORD, QUICK_HASHER, Users, UsersModule } from '../support/users.js';

const { phone, laptop, expired } = clients;

interface Tokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly refresh_token: string;
}

/** As a proxy hands it on that has ended the connection (RFC 9440). */
const certificateOf = ({ cert }: ClientTls): Record<string, string> => ({
  'client-cert': `:${new X509Certificate(cert).raw.toString('base64')}:`,
});

describeOnPlatforms('a session that is bound to a certificate on %s', (running) => {
  const start = async (client: Partial<PortcullisSessionsOptions> = { bindToCertificate: true }) => {
    const sessions = PortcullisSessionsModule.register({
      ...{ users: Users, imports: [UsersModule], clientId: 'depot', ...client },
    });
    await running.start({
      portcullis: {
        ...{ tokens: ownTokens, bans: noStrikes, passwords: { hasher: QUICK_HASHER } },
        ...{ trustedProxies: ['loopback'], binding: { certificateHeader: 'Client-Cert' } },
      },
      imports: [UsersModule, PortcullisMfaModule.register({ sessions })],
      controllers: [PlainRoutesController],
    });
    await running.app.get(Users, { strict: false }).add('ada');
  };
  const post = (path: string, body: object, client?: ClientTls, headers = {}) =>
    running.send('POST', `/auth/${path}`, { ...(client && certificateOf(client)), ...headers }, body);
  const logIn = (client?: ClientTls) => post('login', { username: 'ada', password: PASSWORD }, client);
  const bodyOf = async <Body = Tokens>(answer: Promise<Response>) => (await (await answer).json()) as Body;
  const bearer = ({ access_token }: Tokens) => ({ authorization: `Bearer ${access_token}` });
  const statusWith = (tokens: Tokens, client?: ClientTls) =>
    running.statusOf('/user', bearer(tokens), client ? certificateOf(client) : {});
  const codeOf = async (answer: Promise<Response>) => (await problemIn(await answer)).code;

  it('gives tokens that work with it only, at the login and at each refresh', async () => {
    await start();
    const first = await bodyOf(logIn(phone));
    const second = await bodyOf(post('refresh', { refresh_token: first.refresh_token }, phone));
    for (const tokens of [first, second]) {
      expect(tokens.token_type).toBe('Bearer');
      expect([await statusWith(tokens, phone), await statusWith(tokens, laptop)]).toEqual([200, 401]);
      expect(await statusWith(tokens)).toBe(401);
    }
    for (const client of [laptop, undefined])
      expect(await codeOf(post('refresh', { refresh_token: second.refresh_token }, client))).toBe(
        'invalid_refresh_token',
      );
    expect((await post('logout', { refresh_token: second.refresh_token }, laptop)).status).toBe(401);
    expect((await post('logout', { refresh_token: second.refresh_token }, phone)).status).toBe(204);
  });

  it('is none where no certificate comes, or the client does not ask for it; one that is over is refused', async () => {
    await start();
    expect(await statusWith(await bodyOf(logIn()), laptop)).toBe(200);
    expect((await logIn(expired)).status).toBe(401);
    await start({});
    const tokens = await bodyOf(logIn(phone));
    expect(await statusWith(tokens, laptop)).toBe(200);
    expect((await post('refresh', { refresh_token: tokens.refresh_token })).status).toBe(200);
  });

  it('begins by a ticket with it only', async () => {
    await start();
    const login = await bodyOf(logIn());
    const begun = await bodyOf<{ id: string; secret: string }>(
      post('factors/totp', {}, undefined, bearer(login)),
    );
    const app = new Authenticator(begun.id, begun.secret, Date.now);
    const code = app.code();
    expect((await post(`factors/${begun.id}/confirm`, { code }, undefined, bearer(login))).status).toBe(200);
    const { ticket } = await bodyOf<{ ticket: string }>(logIn(phone));
    const answer = { ticket, factor: 'totp', code: app.code(1) };
    for (const client of [laptop, undefined])
      expect(await codeOf(post('mfa', answer, client))).toBe('invalid_login_ticket');
    const tokens = await bodyOf(post('mfa', answer, phone));
    expect([await statusWith(tokens, phone), await statusWith(tokens, laptop)]).toEqual([200, 401]);
  });
});
