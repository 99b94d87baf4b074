import { TokenIssuer } from '@portcullis/auth';
import { TestProofKey } from '@portcullis/testing';
import { BoundDevice, ORIGIN } from '../support/bound-calls.js';
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

const jkt = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I';
const x5t = 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2';
const UNKNOWN = 'has cnf, so it is bound to something, but not to just one key or certificate';

/** DPoP, mTLS, a key by value or by name, several at once, and what is none of them. */
const CONFIRMATIONS: readonly (readonly [cnf: unknown, reason: string])[] = [
  [{ jkt }, 'bound to a key was sent as a bearer token'],
  [{ 'x5t#S256': x5t }, 'bound to a certificate, and there is none'],
  ...[
    ...[{ jwk: {} }, { kid: 'k1' }, { jku: 'https://evil.example' }, { 'x5t#S512': x5t }, { JKT: jkt }],
    ...[
      { jkt, 'x5t#S256': x5t },
      { jkt, kid: 'k1' },
      { jkt, jwk: null },
    ],
    ...[{ jkt: 'x' }, { jkt: `${jkt}=` }, { jkt: [jkt] }, { jkt: null }, { 'x5t#S256': '' }],
    ...[{}, [], [{ jkt }], null, false, 0, '', 'x', jkt],
  ].map((cnf) => [cnf, UNKNOWN] as const),
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
    'the $whose issuer: a bound token of a $whom is refused as a bearer token, whatever it is bound to',
    async ({ signer, iss, whom, sub }) => {
      const path = whom === 'user' ? '/user' : '/app';
      const claims = accessClaims(iss, ownTokens.audience, Date.now(), { sub });
      const get = (more: object) =>
        running.get(path, { authorization: `Bearer ${signer.token({ ...claims, ...more })}` });
      expect((await get({})).status).toBe(200);
      for (const [cnf, reason] of CONFIRMATIONS) {
        const response = await get({ cnf });
        expect(response.status).toBe(401);
        expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
        const { code, requestId } = await problemIn(response);
        expect(code).toBe('invalid_token');
        const refused = await running.events.about('request.refused', requestId);
        expect(refused?.reason).toContain(reason);
      }
      expect((await get({})).status).toBe(200);
    },
  );

  it('are issued only where the binding is named apart from the claims, and can be proven', async () => {
    const issue = (more: object) =>
      running.app.get(TokenIssuer).issue({ subject: 'ada', clientId: 'web', ...more });
    await expect(issue({ claims: { cnf: { jkt } } })).rejects.toThrow('has cnf');
    for (const confirmation of [{}, { jkt: 'x' }, { jkt, 'x5t#S256': x5t }, { kid: 'k1' }, [], null])
      await expect(issue({ confirmation })).rejects.toThrow(TypeError);
    const { accessToken } = await issue({ confirmation: { jkt } });
    const [, claims = ''] = accessToken.split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString()).cnf).toEqual({ jkt });
  });
});

describeOnPlatforms('an issuer whose tokens have to be bound, on %s', (running) => {
  let keys: Awaited<ReturnType<typeof listen>>;
  beforeAll(async () => {
    keys = await listen((_, response) => response.end(JSON.stringify({ keys: [foreign.publicJwk] })));
    const trusted = { issuer: ISSUER, jwksUri: keys.url, allowHttpOnLoopback: true };
    await running.start({
      portcullis: {
        tokens: {
          ...ownTokens,
          issuer: { ...ownTokens.issuer, signingKey, binding: 'demand' },
          trustedIssuers: [{ ...trusted, binding: 'demand' }],
        },
        publicOrigins: [ORIGIN],
        bans: noStrikes,
      },
      controllers: [PlainRoutesController],
    });
  });
  afterAll(() => keys.close());

  it.each(cases)(
    'the $whose issuer: a token of a $whom is accepted with its proof, and no other',
    async (of) => {
      const { signer, iss, whom, sub } = of;
      const path = whom === 'user' ? '/user' : '/app';
      const claims = accessClaims(iss, ownTokens.audience, Date.now(), { sub });
      const unbound = await running.get(path, { authorization: `Bearer ${signer.token(claims)}` });
      expect(unbound.status).toBe(401);
      const { requestId } = await problemIn(unbound);
      expect((await running.events.about('request.refused', requestId)).reason).toContain('has no cnf');
      const key = new TestProofKey();
      const device = new BoundDevice(key, signer.token({ ...claims, cnf: key.confirmation }));
      expect(await running.statusOf(path, device.headers(path))).toBe(200);
      const copied = { authorization: `Bearer ${device.accessToken}` };
      expect(await running.statusOf(path, copied)).toBe(401);
    },
  );

  it('issues none that are not', async () => {
    const issuing = running.app.get(TokenIssuer).issue({ subject: 'ada', clientId: 'web' });
    await expect(issuing).rejects.toThrow("tokens.issuer.binding is 'demand'");
  });
});
