import { TokenIssuer } from '@portcullis/auth';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { listen } from '../support/listen.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { accessClaims, Signer } from '../support/signer.js';

const ISSUER = 'https://login.example';
const [own, foreign] = [new Signer('ES256', 'own'), new Signer('ES256', 'foreign')];
const signingKey = { ...own.privateKey.export({ format: 'jwk' }), alg: 'ES256', kid: own.kid };

const issuers = [
  ['own', own, ownTokens.issuer.url],
  ['foreign', foreign, ISSUER],
] as const;
const bearers = [
  ['user', 'ada'],
  ['client', 'web'],
] as const;
const cases = issuers.flatMap(([whose, signer, iss]) =>
  bearers.map(([whom, sub]) => ({ whose, signer, iss, whom, sub })),
);

/** DPoP, mTLS, a key by value or by name, and what is none of them. */
const CONFIRMATIONS = [
  { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
  { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' },
  { jwk: {} },
  { kid: 'k1' },
  ...[{}, [], null, false, 0, '', 'x'],
];

describeOnPlatforms('tokens that are bound to a key, on %s', (running) => {
  let keys: Awaited<ReturnType<typeof listen>>;

  beforeAll(async () => {
    keys = await listen((_, response) => response.end(JSON.stringify({ keys: [foreign.publicJwk] })));
    const trusted = { issuer: ISSUER, jwksUri: keys.url, allowHttpOnLoopback: true };
    await running.start({
      portcullis: {
        tokens: { ...ownTokens, issuer: { ...ownTokens.issuer, signingKey }, trustedIssuers: [trusted] },
        bans: noStrikes,
      },
      controllers: [PlainRoutesController],
    });
  });

  afterAll(() => keys.close());

  it.each(cases)(
    'the $whose issuer: a bound token of a $whom is refused, whatever it is bound to',
    async ({ signer, iss, whom, sub }) => {
      const path = whom === 'user' ? '/user' : '/app';
      const claims = accessClaims(iss, ownTokens.audience, Date.now(), { sub });
      const get = (more: object) =>
        running.get(path, { authorization: `Bearer ${signer.token({ ...claims, ...more })}` });
      expect((await get({})).status).toBe(200);
      for (const cnf of CONFIRMATIONS) {
        const response = await get({ cnf });
        expect(response.status).toBe(401);
        expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
        const { code, requestId } = await problemIn(response);
        expect(code).toBe('invalid_token');
        const refused = await running.events.about('request.refused', requestId);
        expect(refused?.reason).toContain('has cnf, so it is bound to a key');
      }
      expect((await get({})).status).toBe(200);
    },
  );

  it('are none that the app issues itself: it would refuse them', async () => {
    const issuing = running.app
      .get(TokenIssuer)
      .issue({ subject: 'ada', clientId: 'web', claims: { cnf: { jkt: 'x' } } });
    await expect(issuing).rejects.toThrow('has cnf');
  });
});
