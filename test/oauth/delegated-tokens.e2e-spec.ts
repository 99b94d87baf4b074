import {
  PortcullisPersonalTokensModule,
  RevocationService,
  SessionService,
  TokenIssuer,
} from '@portcullis/auth';
import { decodeJwt } from 'jose';
import { passkeyApp } from '../passkeys/passkey-app.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { PASSWORD, Users } from '../support/users.js';

/** What belongs to a user alone: nobody comes there for them. */
const OWN_ROUTES = [
  ['GET', '/auth/sessions', undefined],
  ['DELETE', '/auth/sessions?others=true', undefined],
  ['DELETE', '/auth/sessions/{session}', {}],
  ['GET', '/auth/factors', undefined],
  ['POST', '/auth/factors/totp', {}],
  ['POST', '/auth/factors/any/confirm', { code: '123456' }],
  ['DELETE', '/auth/factors/any', {}],
  ['POST', '/auth/recovery-codes', {}],
  ['POST', '/auth/step-up', { factor: 'any', code: '123456' }],
  ['POST', '/auth/passkeys/options', {}],
  ['POST', '/auth/passkeys', { passkey: {} }],
  ['GET', '/personal-tokens', undefined],
  ['POST', '/personal-tokens', { name: 'one', scopes: [] }],
  ['DELETE', '/personal-tokens/any', {}],
] as const;

describeOnPlatforms('a token that a user has given to an application on %s', (running) => {
  let own: { access_token: string; session_id: string };
  let delegated: { authorization: string };

  beforeAll(async () => {
    const app = passkeyApp();
    await running.start({
      ...app,
      imports: [...(app.imports ?? []), PortcullisPersonalTokensModule.register()],
    });
    await running.app.get(Users, { strict: false }).add('ada');
    const response = await running.send('POST', '/auth/login', {}, { username: 'ada', password: PASSWORD });
    own = (await response.json()) as typeof own;
    const { sid, acr, amr } = decodeJwt<{ sid: string; acr: string; amr: string[] }>(own.access_token);
    const { accessToken } = await running.app.get(TokenIssuer).issue({
      subject: 'ada',
      clientId: 'a client',
      sessionId: sid,
      grantId: 'a grant',
      scopes: ['parcels:read'],
      authentication: { methods: amr, ...(acr !== undefined && { context: acr }) },
    });
    delegated = { authorization: `Bearer ${accessToken}` };
  });

  it('opens what its scopes say', async () => {
    expect(await running.statusOf('/user', delegated)).toBe(200);
  });

  it.each(OWN_ROUTES)('does not open %s %s', async (method, path, body) => {
    const url = path.replace('{session}', own.session_id);
    const response = await running.send(method, url, delegated, body);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      403,
      'access_token_required',
    ]);
  });

  it('ends no login of its user', async () => {
    for (const everywhere of [false, true]) {
      const response = await running.send('POST', '/auth/logout', delegated, { everywhere });
      expect(response.status).toBe(401);
    }
    const { sessions } = await running.app.get(SessionService).list({ subject: 'ada' });
    expect(sessions.map(({ id }) => id)).toEqual([own.session_id]);
  });

  it('is revoked by what was granted, and nothing else is', async () => {
    const revocations = running.app.get(RevocationService);
    await revocations.revokeSession('another grant', { reason: 'a test', isOver: true });
    expect(await running.statusOf('/user', delegated)).toBe(200);
    await revocations.revokeSession('a grant', { reason: 'a test', isOver: true });
    expect(await running.statusOf('/user', delegated)).toBe(401);
    expect(await running.statusOf('/user', { authorization: `Bearer ${own.access_token}` })).toBe(200);
  });
});
