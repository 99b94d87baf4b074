import { createHmac } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { BanService, type PortcullisOptions, RevocationService } from '@portcullis/auth';
import { noStrikes } from '../support/credentials.js';
import { listen } from '../support/listen.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { accessClaims, compactJws, type Sign, Signer } from '../support/signer.js';

const issuer = 'http://localhost:3000';
const audience = 'https://api.example';
const reason = 'test';

/** By what a token can be revoked. */
type Whole = Record<'jti' | 'sid' | 'sub' | 'client_id', string>;

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The other signature that an ECDSA signature is as good as: (r, n − s). */
function twinOf(signature: Buffer): Buffer {
  const s = P256_ORDER - BigInt(`0x${signature.subarray(32).toString('hex')}`);
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
}

describeOnPlatforms('revocation on %s', (running) => {
  const signer = new Signer('ES256');
  let revocations: RevocationService;

  const start = async (tokens: Partial<NonNullable<PortcullisOptions['tokens']>> = {}) => {
    const signingKey = { ...signer.privateKey.export({ format: 'jwk' }), alg: 'ES256', kid: 'k1' };
    await running.start({
      portcullis: {
        tokens: { audience, issuer: { url: issuer, signingKey: signingKey as never }, ...tokens },
        bans: noStrikes,
        trustedProxies: ['127.0.0.1'],
      },
      controllers: [PlainRoutesController],
    });
    revocations = running.app.get(RevocationService);
  };
  const statusOf = (token: string, path = '/user', headers: object = {}) =>
    running.statusOf(path, { authorization: `Bearer ${token}` }, headers);
  const claims = (changes: object = {}) => accessClaims(issuer, audience, Date.now(), changes);
  const sign = (changes: object = {}) => signer.token(claims(changes));

  const whole = { jti: 'token-1', sid: 'session-1', sub: 'ada', client_id: 'web' };
  let tests = 0;
  /** The same for one test alone of those that share an app. */
  const wholeOfItsOwn = () => {
    const own = ++tests;
    return { jti: `token-1-${own}`, sid: `session-1-${own}`, sub: `ada-${own}`, client_id: `web-${own}` };
  };

  describe.each([
    ['that was proven before', true],
    ['that comes for the first time', false],
  ])('of a token %s', (_, known) => {
    beforeAll(() => start());

    it.each<[string, (claims: Whole) => Promise<unknown>, object, object]>([
      ['by its id', ({ jti }) => revocations.revokeToken(jti, { reason }), {}, { jti: 'token-2' }],
      [
        'by its session',
        ({ sid }) => revocations.revokeSession(sid, { reason }),
        { jti: 'token-2' },
        { sid: 'session-2' },
      ],
      [
        'by its user',
        ({ sub }) => revocations.revokeUser(sub, { reason }),
        { sid: undefined },
        { sub: 'bob' },
      ],
      [
        'by its client',
        ({ client_id: client }) => revocations.revokeClient(client, { reason }),
        {},
        { client_id: 'cli' },
      ],
    ])(
      '%s takes effect on the very next request, and spares what it does not name',
      async (_, revoke, hit, spared) => {
        const own = wholeOfItsOwn();
        const [token, other] = [sign({ ...own, ...hit }), sign({ ...own, ...spared })];
        if (known) {
          expect(await statusOf(token)).toBe(200);
          expect(await statusOf(other)).toBe(200);
        }
        await revoke(own);
        expect(await statusOf(token)).toBe(401);
        expect(await statusOf(token)).toBe(401);
        expect(await statusOf(other)).toBe(200);
      },
    );

    it('by its client takes effect also where the client acts for itself', async () => {
      const token = sign({ sub: 'depot', client_id: 'depot' });
      if (known) expect(await statusOf(token, '/app')).toBe(200);
      await revocations.revokeClient('depot', { reason });
      expect(await statusOf(token, '/app')).toBe(401);
    });

    it('does not reach a namesake: ids, sessions, users and clients are told apart', async () => {
      const same = { jti: 'x', sid: 'x', sub: 'x', client_id: 'x' };
      const tokens = (['jti', 'sid', 'sub', 'client_id'] as const).map((name) =>
        sign({
          jti: `j-${name}`,
          sid: `s-${name}`,
          sub: `u-${name}`,
          client_id: `c-${name}`,
          [name]: same[name],
        }),
      );
      if (known) for (const token of tokens) expect(await statusOf(token)).toBe(200);
      await revocations.revokeToken('x', { reason });
      expect(await Promise.all(tokens.map((token) => statusOf(token)))).toEqual([401, 200, 200, 200]);
      await revocations.revokeSession('x', { reason });
      expect(await Promise.all(tokens.map((token) => statusOf(token)))).toEqual([401, 401, 200, 200]);
      await revocations.revokeUser('x', { reason });
      expect(await Promise.all(tokens.map((token) => statusOf(token)))).toEqual([401, 401, 401, 200]);
      await revocations.revokeClient('x', { reason });
      expect(await Promise.all(tokens.map((token) => statusOf(token)))).toEqual([401, 401, 401, 401]);
    });

    it('catches every other spelling of the token', async () => {
      const own = wholeOfItsOwn();
      const content = claims(own);
      const header = { alg: 'ES256', kid: 'k1', typ: 'at+jwt' };
      const twin: Sign = (input) => twinOf(signer.sign(input));
      const spellings = [
        signer.token(content),
        signer.token(content),
        compactJws(header, content, twin),
        compactJws({ ...header, typ: 'application/AT+JWT' }, content, signer.sign),
        compactJws({ ...header, kid: undefined }, content, signer.sign),
        compactJws({ ...header, jku: 'https://other.example' }, content, signer.sign),
        compactJws(header, JSON.stringify(content, undefined, 1), signer.sign),
        compactJws(header, Object.fromEntries(Object.entries(content).reverse()), signer.sign),
        compactJws(header, { ...content, exp: Number(content.exp) + 60, extra: 1 }, signer.sign),
      ];
      const statuses = async () => new Set(await Promise.all(spellings.map((token) => statusOf(token))));
      if (known) expect(await statuses()).toEqual(new Set([200]));
      await revocations.revokeToken(own.jti, { reason });
      expect(await statuses()).toEqual(new Set([401]));
    });
  });

  it('lets in nobody who comes after it is done, however many are on their way', async () => {
    await start();
    const token = sign(whole);
    expect(await statusOf(token)).toBe(200);
    let done = false;
    let revoking: Promise<unknown> | undefined;
    const requests: Promise<{ after: boolean; status: number }>[] = [];
    for (let count = 0; count < 200; count++) {
      if (count === 100) {
        revoking = revocations.revokeToken('token-1', { reason }).then(() => {
          done = true;
        });
      }
      const after = done;
      requests.push(statusOf(token).then((status) => ({ after, status })));
      // Lets what was sent so far get on its way.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await revoking;
    const outcomes = await Promise.all(requests);
    expect(outcomes.filter(({ after, status }) => after && status !== 401)).toEqual([]);
    expect(outcomes.filter(({ after }) => after).length).toBeGreaterThan(50);
    expect(outcomes.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    expect(outcomes.every(({ status }) => status === 200 || status === 401)).toBe(true);
  });

  it('of many at once holds for each of them from the moment its own call is done', async () => {
    await start();
    const tokens = Array.from({ length: 100 }, (_, index) => ({
      id: `t-${index}`,
      token: sign({ jti: `t-${index}` }),
    }));
    const statuses = await Promise.all(
      tokens.map(async ({ id, token }) => {
        const before = await statusOf(token);
        await revocations.revokeToken(id, { reason });
        return [before, await statusOf(token)];
      }),
    );
    expect(statuses).toEqual(tokens.map(() => [200, 401]));
  });

  it('holds also for a request that was already waiting for the keys of its issuer', async () => {
    const other = new Signer('ES256');
    const asked = new EventEmitter();
    const server = await listen((_, response) => asked.emit('asked', response));
    const question = once(asked, 'asked');
    const name = 'https://other.example';
    const trusted = { issuer: name, jwksUri: `${server.url}/jwks`, allowHttpOnLoopback: true };
    await start({ trustedIssuers: [trusted] });
    const [token, spared] = [{}, { jti: 'token-2' }].map((change) =>
      other.token(claims({ ...whole, iss: name, ...change })),
    ) as [string, string];
    const statuses = Promise.all([statusOf(token), statusOf(spared)]);
    const [response] = await question;
    await revocations.revokeToken('token-1', { issuer: name, reason });
    response.end(JSON.stringify({ keys: [other.publicJwk] }));
    expect(await statuses).toEqual([401, 200]);
    await server.close();
  });

  describe('as a reaction', () => {
    const from = (address: string) => ({ 'x-forwarded-for': address });
    /** Sends a token of ada's from a banned address, a revoked one, or one under another algorithm. */
    const misuses = {
      'banned-address': async (token: string) => {
        await running.app.get(BanService).ban('203.0.113.9', { reason });
        expect(await statusOf(token, '/user', from('203.0.113.9'))).toBe(403);
      },
      'revoked-token': async () => {
        const revoked = sign({ ...whole, jti: 'revoked' });
        expect(await statusOf(revoked)).toBe(200);
        await revocations.revokeToken('revoked', { reason });
        expect(await statusOf(revoked)).toBe(401);
      },
      'algorithm-attack': async (token: string) => {
        const header = Buffer.from('{"alg":"HS256","typ":"at+jwt"}').toString('base64url');
        const [, payload, signature] = token.split('.');
        expect(await statusOf(`${header}.${payload}.${signature}`)).toBe(401);
      },
    } as const;
    const on = { 'banned-address': 'token', 'revoked-token': 'user', 'algorithm-attack': 'token' } as const;
    const options = {
      'banned-address': 'revokeTokenFromBannedAddress',
      'revoked-token': 'revokeUserOnRevokedToken',
      'algorithm-attack': 'revokeTokenOnAlgorithmAttack',
    } as const;
    const kinds = ['banned-address', 'revoked-token', 'algorithm-attack'] as const;

    it.each(kinds)(
      'to %s, where it is on, it ends what was misused, and spares other users',
      async (misuse) => {
        await start({ reactions: { [options[misuse]]: true } });
        const [token, bystander] = [sign(whole), sign({ sub: 'bob' })];
        expect(await statusOf(token)).toBe(200);
        expect(await statusOf(bystander)).toBe(200);
        await misuses[misuse](token);
        expect(await statusOf(token)).toBe(401);
        expect(await statusOf(bystander)).toBe(200);
        expect(running.events.of('token.misused')[0]).toMatchObject({
          misuse,
          subject: 'ada',
          issuer,
          revoked: on[misuse],
        });
        expect(running.events.of('tokens.revoked').at(-1)?.revocation).toMatchObject({
          type: on[misuse],
          reason: misuse,
        });
      },
    );

    it.each(kinds)('to %s, where it is off, it is reported and nothing more', async (misuse) => {
      await start({ reactions: { [options[misuse]]: false } });
      const token = sign(whole);
      expect(await statusOf(token)).toBe(200);
      await misuses[misuse](token);
      expect(await statusOf(token)).toBe(200);
      expect(running.events.of('token.misused')).toMatchObject([
        { misuse, subject: 'ada', revoked: 'nothing' },
      ]);
      expect(running.events.of('tokens.revoked')).toHaveLength(misuse === 'revoked-token' ? 1 : 0);
    });

    it.each([
      ['none', ''],
      ['None', ''],
      ['none', 'AAAA'],
      ['HS256', 'AAAA'],
      ['HS256', 'A'.repeat(86)],
    ])(
      'to what a log says of a token, as %s with the signature %j, there is none',
      async (alg, signature) => {
        const everything = { revokeTokenFromBannedAddress: true, revokeUserOnRevokedToken: true };
        await start({ reactions: everything });
        const token = sign(whole);
        expect(await statusOf(token)).toBe(200);
        await revocations.revokeToken('of-before', { reason });
        await running.app.get(BanService).ban('203.0.113.9', { reason });
        const header = Buffer.from(JSON.stringify({ alg, typ: 'at+jwt' })).toString('base64url');
        const ofRevoked = Buffer.from(JSON.stringify(claims({ ...whole, jti: 'of-before' })));
        for (const payload of [token.split('.')[1], ofRevoked.toString('base64url')]) {
          expect(await statusOf(`${header}.${payload}.${signature}`)).toBe(401);
          const banned = await statusOf(`${header}.${payload}.${signature}`, '/user', from('203.0.113.9'));
          expect(banned).toBe(403);
        }
        expect(running.events.of('token.misused')).toEqual([]);
        expect(await statusOf(token)).toBe(200);
      },
    );

    it('to one issuer does not stand in for one to another, whose token has the same id', async () => {
      const sharedSecret = 'a secret of thirty-two bytes, or more';
      await start({ trustedIssuers: [{ issuer: 'https://hs.example', sharedSecret }] });
      const hs256: Sign = (input) => createHmac('sha256', sharedSecret).update(input).digest();
      const foreign = claims({ ...whole, iss: 'https://hs.example' });
      for (const token of [sign(whole), compactJws({ alg: 'HS256', typ: 'at+jwt' }, foreign, hs256)]) {
        expect(await statusOf(token)).toBe(200);
        const header = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
        expect(await statusOf(`${header}.${token.split('.').slice(1).join('.')}`)).toBe(401);
        expect(await statusOf(token)).toBe(401);
      }
      expect(running.events.of('tokens.revoked').map(({ revocation }) => revocation.issuer)).toEqual([
        issuer,
        'https://hs.example',
      ]);
    });

    it('is on by default only to an attack on the algorithm', async () => {
      await start();
      for (const misuse of kinds) {
        const token = sign({ ...whole, jti: `of-${misuse}` });
        expect(await statusOf(token)).toBe(200);
        await misuses[misuse](token);
        expect(await statusOf(token)).toBe(misuse === 'algorithm-attack' ? 401 : 200);
      }
    });

    it('is open to nobody without a real token: what is merely written into one revokes nothing', async () => {
      await start({ reactions: { revokeTokenFromBannedAddress: true, revokeUserOnRevokedToken: true } });
      const token = sign(whole);
      expect(await statusOf(token)).toBe(200);
      const stranger = new Signer('ES256');
      for (const alg of ['none', 'HS256']) {
        const forged = compactJws(
          { alg, kid: 'k1', typ: 'at+jwt' },
          claims({ ...whole, admin: true }),
          stranger.sign,
        );
        expect(await statusOf(forged)).toBe(401);
      }
      await revocations.revokeToken('other', { reason });
      expect(await statusOf(stranger.token(claims({ ...whole, jti: 'other' })))).toBe(401);
      await running.app.get(BanService).ban('203.0.113.9', { reason });
      expect(await statusOf(stranger.token(claims(whole)), '/user', from('203.0.113.9'))).toBe(403);
      expect(await statusOf(token)).toBe(200);
      expect(running.events.of('token.misused')).toEqual([]);
    });
  });
});
