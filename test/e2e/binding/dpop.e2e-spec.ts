import { generateKeyPairSync } from 'node:crypto';
import { Controller, Get, Post } from '@nestjs/common';
import {
  ApiKeyService,
  Public,
  RequireBinding,
  RequireUser,
  RequireUserOrApp,
  Scopes,
} from '@portcullis/auth';
import { type ProofChanges, TestProofKey } from '@portcullis/testing';
import { BoundDevice, ORIGIN } from '../../support/bound-calls.js';
import { TestClock } from '../../support/clock.js';
import { appWith, noStrikes, ownMetadata, ownTokens, userWith } from '../../support/credentials.js';
import { problemIn } from '../../support/http.js';
import { mistyped } from '../../support/mistyped.js';
import { sendRaw } from '../../support/raw-headers.js';
import { describeOnPlatforms } from '../../support/running-app.js';

@Controller()
class DeviceController {
  @RequireUser()
  @Get('user')
  user() {
    return 'in';
  }

  @RequireUser()
  @Post('user')
  change() {
    return 'in';
  }

  @RequireUser()
  @RequireBinding()
  @Get('bound')
  bound() {
    return 'in';
  }

  @RequireUserOrApp()
  @RequireBinding()
  @Get('either')
  either() {
    return 'in';
  }

  @Scopes('parcels:read')
  @Get('parcels/:id')
  parcel() {
    return 'in';
  }

  @Public()
  @Get('public')
  public() {
    return 'in';
  }
}

const clock = new TestClock().stop();
const parts = {
  portcullis: { tokens: ownTokens, bans: noStrikes, publicOrigins: [ORIGIN], now: clock.now },
  controllers: [DeviceController],
};
const now = () => Math.floor(clock.now() / 1000);
/** By the app's clock. */
const timely = (claims: object = {}): ProofChanges => ({ claims: { iat: now(), ...claims } });

describeOnPlatforms('a token that is bound to a key, on %s', (running) => {
  let device: BoundDevice;
  beforeAll(async () => {
    await running.start(parts);
    device = await BoundDevice.of(running);
  });

  const callWith = (changes: ProofChanges, target = {}) =>
    running.get('/user', device.headers('/user', { ...changes, ...withTime(changes) }, target));
  const withTime = ({ claims }: ProofChanges) => timely(claims);

  async function expectRefused(response: Response, code: string, reason: RegExp): Promise<void> {
    expect(response.status).toBe(401);
    const problem = await problemIn(response);
    expect(problem.code).toBe(code);
    expect(response.headers.get('www-authenticate')).toMatch(`error="${code}"`);
    expect((await running.events.about('request.refused', problem.requestId)).reason).toMatch(reason);
  }

  it('is accepted with a proof of that key, again and again', async () => {
    for (let call = 0; call < 3; call++) expect((await callWith({})).status).toBe(200);
  });

  it.each(['EdDSA', 'ES256'] as const)('is accepted with a key for %s', async (algorithm) => {
    const other = await BoundDevice.of(running, new TestProofKey(algorithm));
    expect(await running.statusOf('/user', other.headers('/user', timely()))).toBe(200);
  });

  it('is refused as a plain bearer token, with or without a proof, before and after it was proven', async () => {
    const { accessToken } = await BoundDevice.of(running, device.key);
    const copied = { authorization: `Bearer ${accessToken}` };
    const reason = /bound to a key was sent as a bearer token/;
    await expectRefused(await running.get('/user', copied), 'invalid_token', reason);
    const owner = new BoundDevice(device.key, accessToken);
    expect(await running.statusOf('/user', owner.headers('/user', timely()))).toBe(200);
    await expectRefused(await running.get('/user', copied), 'invalid_token', reason);
    const { DPoP } = owner.headers('/user', timely());
    await expectRefused(await running.get('/user', copied, { DPoP }), 'invalid_token', reason);
  });

  it('asks who copied it for a proof, and says by which algorithms', async () => {
    const response = await running.get('/user', { authorization: `Bearer ${device.accessToken}` });
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer realm="api", ${ownMetadata}, error="invalid_token", DPoP realm="api", ` +
        'algs="Ed25519 EdDSA ES256 ES384 ES512 PS256 PS384 PS512 RS256 RS384 RS512", error="invalid_token"',
    );
  });

  it('is refused without a proof, with that of another key, and with two', async () => {
    const authorization = `DPoP ${device.accessToken}`;
    await expectRefused(await running.get('/user', { authorization }), 'invalid_dpop_proof', /there is none/);
    const thief = new TestProofKey();
    const target = { method: 'GET', url: `${ORIGIN}/user`, accessToken: device.accessToken };
    await expectRefused(
      await running.get('/user', { authorization, DPoP: thief.proof(target, timely()) }),
      'invalid_dpop_proof',
      /another key/,
    );
    const proofs = [0, 1].map(() => device.key.proof(target, timely()));
    const twice = await sendRaw(running.url, '/user', [
      ['Authorization', authorization],
      ...proofs.map((proof) => ['DPoP', proof] as const),
    ]);
    expect([twice.status, twice.body.code]).toEqual([401, 'invalid_dpop_proof']);
    for (const joined of [proofs.join(','), proofs.join(', '), `${proofs[0]} ${proofs[1]}`, proofs.join('.')])
      await expectRefused(
        await running.get('/user', { authorization, DPoP: joined }),
        'invalid_dpop_proof',
        /proof/,
      );
  });

  const jwk = () => device.key.publicJwk;
  const refused: readonly [string, () => ProofChanges, RegExp][] = [
    ['the method in small letters', () => ({ claims: { htm: 'get' } }), /htm/],
    ['another method', () => ({ claims: { htm: 'POST' } }), /htm/],
    ['no method', () => ({ claims: { htm: undefined } }), /htm/],
    ['a list of methods', () => ({ claims: { htm: ['GET'] } }), /htm/],
    ['another path', () => ({ claims: { htu: `${ORIGIN}/bound` } }), /htu/],
    ['another origin', () => ({ claims: { htu: 'https://evil.example/user' } }), /htu/],
    ['a path alone', () => ({ claims: { htu: '/user' } }), /htu/],
    ['no URL', () => ({ claims: { htu: undefined } }), /htu/],
    ['a URL that is none', () => ({ claims: { htu: 'x'.repeat(1_000) } }), /htu/],
    ['the URL of the socket', () => ({ claims: { htu: `${running.url}/user` } }), /htu/],
    ['no token', () => ({ claims: { ath: undefined } }), /ath/],
    ['another token', () => ({ claims: { ath: 'x'.repeat(43) } }), /ath/],
    ['the token itself', () => ({ claims: { ath: device.accessToken.slice(0, 100) } }), /ath/],
    ['no jti', () => ({ claims: { jti: undefined } }), /jti/],
    ['an empty jti', () => ({ claims: { jti: '' } }), /jti/],
    ['a number as jti', () => ({ claims: { jti: 7 } }), /jti/],
    ['a long jti', () => ({ claims: { jti: 'x'.repeat(129) } }), /jti/],
    ['no time', () => ({ claims: { iat: undefined } }), /iat/],
    ['a text as time', () => ({ claims: { iat: String(now()) } }), /iat/],
    ['a list as time', () => ({ claims: { iat: [now()] } }), /iat/],
    ['a nonce that is no text', () => ({ claims: { nonce: 1 } }), /nonce/],
    ['more than 4 KiB', () => ({ claims: { filler: 'x'.repeat(4_096) } }), /longer than/],
    ['the type of another token', () => ({ header: { typ: 'JWT' } }), /typ/],
    ['no type', () => ({ header: { typ: undefined } }), /typ/],
    ['the type in capitals', () => ({ header: { typ: 'DPOP+JWT' } }), /typ/],
    ['no algorithm', () => ({ header: { alg: undefined } }), /alg/],
    ...['none', 'HS256', 'RSA1_5', 'ES256K', 'es256', 'dir'].map(
      (alg) => [`alg ${alg}`, () => ({ header: { alg } }), /alg/] as [string, () => ProofChanges, RegExp],
    ),
    ['the algorithm of another key', () => ({ header: { alg: 'EdDSA' } }), /not a key|jwk/],
    ['crit', () => ({ header: { crit: ['exp'] } }), /crit/],
    ['b64', () => ({ header: { b64: false, crit: ['b64'] } }), /crit|b64/],
    ['x5c', () => ({ header: { x5c: ['MIIB'] } }), /x5c/],
    ['jku', () => ({ header: { jku: 'https://evil.example/jwks' } }), /jku/],
    ['no key', () => ({ header: { jwk: undefined } }), /jwk/],
    ['a key by name alone', () => ({ header: { jwk: undefined, kid: 'k1' } }), /jwk/],
    ['a list of keys', () => ({ header: { jwk: [jwk()] } }), /jwk/],
    ['a private key', () => ({ header: { jwk: { ...jwk(), d: 'x'.repeat(43) } } }), /jwk/],
    ['a symmetric key', () => ({ header: { jwk: { kty: 'oct', k: 'x'.repeat(43) } } }), /jwk/],
    ['a key with a certificate', () => ({ header: { jwk: { ...jwk(), x5c: ['MIIB'] } } }), /jwk/],
    ['a key for encryption', () => ({ header: { jwk: { ...jwk(), use: 'enc' } } }), /jwk/],
    ['a key for another algorithm', () => ({ header: { jwk: { ...jwk(), alg: 'ES384' } } }), /jwk/],
    ['a key of a type that objects inherit', () => ({ header: { jwk: { kty: 'constructor' } } }), /jwk/],
    ['a point that is on no curve', () => ({ header: { jwk: { ...jwk(), x: 'A'.repeat(43) } } }), /jwk/],
    ['a key in another spelling', () => ({ header: { jwk: { ...jwk(), x: `${jwk().x}=` } } }), /jwk/],
    ['a small RSA key', () => ({ header: { alg: 'RS256', jwk: rsaJwk(1_024) } }), /jwk/],
    [
      'a slow RSA key',
      () => ({ header: { alg: 'RS256', jwk: { ...rsaJwk(2_048), e: rsaJwk(2_048).n } } }),
      /jwk|longer/,
    ],
  ];

  it.each(refused)('is refused with a proof that has %s', async (_, changes, reason) => {
    await expectRefused(await callWith(changes()), 'invalid_dpop_proof', reason);
  });

  it('is refused with a proof whose signature is wrong, which is then not remembered', async () => {
    const { Authorization, DPoP } = device.headers('/user', timely());
    const [header, payload] = DPoP.split('.');
    for (const wrong of [mistyped(DPoP), `${header}.${payload}.`, `${header}.${payload}`, '..', '', 'x'])
      await expectRefused(
        await running.get('/user', { Authorization, DPoP: wrong }),
        'invalid_dpop_proof',
        /proof/,
      );
    expect(await running.statusOf('/user', { Authorization, DPoP })).toBe(200);
  });

  it('is refused with claims or a header that two readers read as two things', async () => {
    const { Authorization, DPoP } = device.headers('/user', timely());
    const [header = '', payload = ''] = DPoP.split('.').map((part) =>
      Buffer.from(part, 'base64url').toString(),
    );
    const doubled = [
      [header, payload.replace('{', '{"htm":"POST",')],
      [header.replace('{', '{"alg":"none",'), payload],
      [header, `[${payload}]`],
      [header, `\ufeff${payload}`],
    ] as const;
    for (const [head, claims] of doubled)
      await expectRefused(
        await running.get('/user', { Authorization, DPoP: device.key.sign(head, claims) }),
        'invalid_dpop_proof',
        /plain JSON/,
      );
  });

  it.each([
    ['60 s ago', -60, 200],
    ['5 s ahead', 5, 200],
    ['61 s ago', -62, 401],
    ['6 s ahead', 7, 401],
    ['long ago', -1e9, 401],
    ['in the far future', 1e300, 401],
  ])('a proof that was made %s is answered as it should be', async (_, seconds, status) => {
    const response = await callWith({ claims: { iat: now() + seconds } });
    expect(response.status).toBe(status);
    if (status === 401) expect((await problemIn(response)).code).toBe('use_dpop_nonce');
  });

  it('a proof may be made by a URL in another spelling, and for one with a query', async () => {
    for (const htu of ['HTTPS://API.EXAMPLE:443/user', `${ORIGIN}/x/../user`, `${ORIGIN}/%75ser`])
      expect((await callWith({ claims: { htu } })).status).toBe(200);
    const url = '/user?page=2';
    expect(await running.statusOf(url, device.headers('/user', timely()))).toBe(200);
  });

  it('a proof is for the method that was sent, and the path that was asked for', async () => {
    const post = await running.send(
      'POST',
      '/user',
      device.headers('/user', timely(), { method: 'POST' }),
      {},
    );
    expect(post.status).toBe(201);
    const scoped = await BoundDevice.of(running, device.key, ['parcels:read']);
    expect(await running.statusOf('/parcels/a%2fb', scoped.headers('/parcels/a%2Fb', timely()))).toBe(200);
    expect(await running.statusOf('/parcels/b', scoped.headers('/parcels/a', timely()))).toBe(401);
  });

  it('what Host and proxies say of the URL changes nothing', async () => {
    const claims = { htu: 'https://evil.example/user' };
    const headers = device.headers('/user', timely(claims));
    const forwarded = { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example;proto=https' };
    expect(await running.statusOf('/user', headers, forwarded)).toBe(401);
    const lines = [['Host', 'evil.example'], ...Object.entries(headers)] as const;
    expect((await sendRaw(running.url, '/user', lines)).status).toBe(401);
    const honest = [['Host', 'evil.example'], ...Object.entries(device.headers('/user', timely()))] as const;
    expect((await sendRaw(running.url, '/user', honest)).status).toBe(200);
    // The absolute form, with another authority.
    const absolute = await sendRaw(
      running.url,
      'http://evil.example/user',
      Object.entries(device.headers('/user', timely())),
    );
    expect(absolute.status).toBe(200);
  });

  it('one that is bound to nothing, or no token at all, is refused under DPoP', async () => {
    const { authorization } = await userWith(running.app);
    const accessToken = authorization.replace('Bearer ', '');
    const unbound = new BoundDevice(device.key, accessToken);
    await expectRefused(
      await running.get('/user', unbound.headers('/user', timely())),
      'invalid_token',
      /bound to nothing/,
    );
    const { key } = await running.app
      .get(ApiKeyService)
      .create({ appId: 'depot', name: 'depot', scopes: [], lifetimeSeconds: 'never' });
    for (const text of [key, 'x', '', `${accessToken},${accessToken}`])
      expect(
        await running.statusOf('/user', new BoundDevice(device.key, text).headers('/user', timely())),
      ).toBe(401);
  });

  it('the scheme may be written in any case, and must come once', async () => {
    for (const scheme of ['dpop', 'DPOP', 'DPoP ']) {
      const { DPoP } = device.headers('/user', timely());
      const authorization = `${scheme} ${device.accessToken}`;
      expect(await running.statusOf('/user', { authorization, DPoP })).toBe(200);
    }
    const headers = device.headers('/user', timely());
    const { authorization } = await userWith(running.app);
    for (const order of [
      [
        ['Authorization', headers.Authorization],
        ['Authorization', authorization],
      ],
      [
        ['Authorization', authorization],
        ['Authorization', headers.Authorization],
      ],
    ] as const) {
      const answer = await sendRaw(running.url, '/user', [...order, ['DPoP', headers.DPoP]]);
      expect(answer.status).toBe(400);
    }
  });

  it('one proof counts once, however many come at the same time and on whichever route', async () => {
    const headers = device.headers('/user', timely());
    const statuses = await Promise.all(Array.from({ length: 50 }, () => running.statusOf('/user', headers)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(49);
    const jti = 'the same';
    expect((await callWith({ claims: { jti } })).status).toBe(200);
    await expectRefused(await callWith({ claims: { jti } }), 'invalid_dpop_proof', /used before/);
    // Of another key it is another one.
    const other = await BoundDevice.of(running);
    expect(await running.statusOf('/user', other.headers('/user', timely({ jti })))).toBe(200);
  });

  it('is remembered for as long as it is accepted', async () => {
    const early = device.headers('/user', timely({ iat: now() + 5 }));
    expect(await running.statusOf('/user', early)).toBe(200);
    clock.forward(64);
    await expectRefused(await running.get('/user', early), 'invalid_dpop_proof', /used before/);
    clock.forward(2);
    await expectRefused(await running.get('/user', early), 'use_dpop_nonce', /time or its nonce/);
  });

  it('@RequireBinding() takes it, and nothing that can be copied', async () => {
    const bound = await BoundDevice.of(running, device.key);
    expect(await running.statusOf('/bound', bound.headers('/bound', timely()))).toBe(200);
    expect(await running.statusOf('/either', bound.headers('/either', timely()))).toBe(200);
    const [user, app] = [await userWith(running.app), await appWith(running.app)];
    for (const [path, ...credentials] of [
      ['/bound', user],
      ['/either', user],
      ['/either', app],
      ['/either', user, app],
    ] as const)
      await expectRefused(await running.get(path, ...credentials), 'binding_required', /not bound/);
    expect(await running.statusOf('/either', app, bound.headers('/either', timely()))).toBe(200);
  });

  it('a public route looks at nothing', async () => {
    expect(await running.statusOf('/public', { authorization: 'DPoP x' })).toBe(200);
  });

  it('whoever sends nothing is asked for either', async () => {
    const { headers } = await running.get('/user');
    expect(headers.get('www-authenticate')).toMatch(/^Bearer realm="api".*, DPoP realm="api", algs="[^"]+"$/);
  });
});

const RSA = new Map<number, object>();
function rsaJwk(modulusLength: number): Record<string, unknown> {
  const made = RSA.get(modulusLength) ?? {
    ...generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' }),
  };
  RSA.set(modulusLength, made);
  return made as Record<string, unknown>;
}
