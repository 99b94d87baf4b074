import { PortcullisSessionsModule, SessionService } from '@portcullis/auth';
import { TestProofKey } from '@portcullis/testing';
import { ORIGIN } from '../support/bound-calls.js';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { PASSWORD, QUICK_HASHER, Users, UsersModule } from '../support/users.js';

interface Tokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly refresh_token: string;
  readonly session_id: string;
}

describeOnPlatforms('a session that is bound to a key on %s', (running) => {
  const start = async (binding: 'accept' | 'demand' = 'accept') => {
    await running.start({
      portcullis: {
        tokens: { ...ownTokens, issuer: { ...ownTokens.issuer, binding } },
        bans: noStrikes,
        passwords: { hasher: QUICK_HASHER },
        publicOrigins: [ORIGIN],
      },
      imports: [
        UsersModule,
        PortcullisSessionsModule.register({ users: Users, imports: [UsersModule], clientId: 'phone' }),
      ],
      controllers: [PlainRoutesController],
    });
    await running.app.get(Users, { strict: false }).add('ada');
  };

  const proofOf = (key: TestProofKey, path: string) => ({
    DPoP: key.proof({ method: 'POST', url: `${ORIGIN}/auth/${path}` }),
  });
  const post = (path: string, body: object, key?: TestProofKey) =>
    running.send('POST', `/auth/${path}`, key === undefined ? {} : proofOf(key, path), body);
  const logIn = (key?: TestProofKey) => post('login', { username: 'ada', password: PASSWORD }, key);
  const tokensOf = async (answer: Promise<Response>) => (await (await answer).json()) as Tokens;
  const refresh = ({ refresh_token }: Tokens, key?: TestProofKey) => post('refresh', { refresh_token }, key);
  const statusWith = ({ access_token: accessToken }: Tokens, key: TestProofKey) =>
    running.statusOf('/user', key.headers({ method: 'GET', url: `${ORIGIN}/user`, accessToken }));

  it('gives access tokens that work with that key only, at the login and at each refresh', async () => {
    await start();
    const key = new TestProofKey();
    const first = await tokensOf(logIn(key));
    const second = await tokensOf(refresh(first, key));
    for (const tokens of [first, second]) {
      expect(tokens.token_type).toBe('DPoP');
      expect(await statusWith(tokens, key)).toBe(200);
      expect(await statusWith(tokens, new TestProofKey())).toBe(401);
      expect(await running.statusOf('/user', { authorization: `Bearer ${tokens.access_token}` })).toBe(401);
    }
  });

  it('is refreshed with that key only, and lives on where a copied refresh token comes with another', async () => {
    await start();
    const key = new TestProofKey();
    const first = await tokensOf(logIn(key));
    for (const other of [undefined, new TestProofKey()]) {
      const refused = await refresh(first, other);
      expect([refused.status, (await problemIn(refused)).code]).toEqual([401, 'invalid_refresh_token']);
    }
    const second = await tokensOf(refresh(first, key));
    // Used up by now, and sent by somebody without the key: no reason to end what the owner has.
    expect((await refresh(first, new TestProofKey())).status).toBe(401);
    expect((await running.app.get(SessionService).find(first.session_id))?.endedAt).toBeNull();
    expect((await refresh(second, key)).status).toBe(200);
  });

  it('can not be begun, nor gone on with, by a proof that came before', async () => {
    await start();
    const key = new TestProofKey();
    const headers = proofOf(key, 'login');
    const login = { username: 'ada', password: PASSWORD };
    expect((await running.send('POST', '/auth/login', headers, login)).status).toBe(200);
    const again = await running.send('POST', '/auth/login', headers, login);
    expect([again.status, (await problemIn(again)).code]).toEqual([400, 'invalid_dpop_proof']);
  });

  it('is ended by its refresh token with that key only', async () => {
    await start();
    const key = new TestProofKey();
    const tokens = await tokensOf(logIn(key));
    const { refresh_token } = tokens;
    expect((await post('logout', { refresh_token })).status).toBe(401);
    expect((await post('logout', { refresh_token }, new TestProofKey())).status).toBe(401);
    expect((await post('logout', { refresh_token }, key)).status).toBe(204);
    expect([await statusWith(tokens, key), (await refresh(tokens, key)).status]).toEqual([401, 401]);
  });

  it('is the only kind there is where the issuer demands it', async () => {
    await start('demand');
    const refused = await logIn();
    expect([refused.status, (await problemIn(refused)).code]).toEqual([400, 'binding_required']);
    expect((await logIn(new TestProofKey())).status).toBe(200);
  });
});
