import { createHmac, generateKeyPairSync, sign as rawSign } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { RequireUser } from '@portcullis/auth';
import fc from 'fast-check';
import { noStrikes } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { listen } from '../support/listen.js';
import { rawRequest } from '../support/raw-connection.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { accessClaims, compactJws, type Sign, Signer } from '../support/signer.js';

@RequireUser('parcels:read')
@Controller('parcels')
class ParcelsController {
  @Get()
  list() {
    return 'in';
  }
}

const issuer = 'https://issuer.example';
const audience = 'https://api.example';
/** The clock stands still, so that what holds at its edge holds however slow the machine is. */
const nowMs = 1_800_000_000_000;
const now = nowMs / 1000;

const signers = [new Signer('ES256', 'p256'), new Signer('EdDSA', 'ed'), new Signer('RS256', 'rsa')] as const;
const [es256, , rs256] = signers;
const attacker = new Signer('ES256', 'p256');

/** A key of another curve that the issuer publishes as if it were one for ES256, or without a word. */
const p384 = new Signer('ES384', 'p256');
const misleading = [
  { ...p384.publicJwk, kid: 'misleading', alg: 'ES256' },
  { ...p384.publicJwk, kid: 'silent', alg: undefined },
];

const claims = (changes: object = {}) => accessClaims(issuer, audience, nowMs, changes);
const noSignature: Sign = () => Buffer.alloc(0);

/** The rules, written down once more from the RFCs and from what the app was configured with. */
function shouldEnter(claim: Record<string, unknown>): boolean {
  const isTime = (value: unknown): value is number => typeof value === 'number' && value >= 0;
  const isName = (value: unknown): value is string => typeof value === 'string' && value.length > 0;
  const own = (name: string) => (Object.hasOwn(claim, name) ? claim[name] : undefined);
  const [exp, iat, nbf, aud, scope] = ['exp', 'iat', 'nbf', 'aud', 'scope'].map(own);
  // Some issuers write a list, of which each entry is one scope.
  const words: unknown[] = typeof scope === 'string' ? scope.split(' ') : [scope].flat();
  return (
    own('iss') === issuer &&
    (aud === audience || (Array.isArray(aud) && aud.some((entry) => entry === audience))) &&
    isTime(exp) &&
    isTime(iat) &&
    now - exp < 5 &&
    iat - now <= 5 &&
    exp - iat <= 86_400 &&
    (nbf === undefined || (isTime(nbf) && nbf - now <= 5)) &&
    ['sub', 'client_id', 'jti'].every((name) => isName(own(name))) &&
    (own('sid') === undefined || isName(own('sid'))) &&
    // A client's own token, a client's assertion, an ID token, a logout token.
    own('sub') !== own('client_id') &&
    own('sub') !== issuer &&
    !['nonce', 'at_hash', 'c_hash', 's_hash', 'events'].some((name) => Object.hasOwn(claim, name)) &&
    words.every((word) => typeof word === 'string') &&
    words.some((word) => word === 'parcels:read' || word === 'parcels:*')
  );
}

const claimNames = [
  ...['iss', 'aud', 'sub', 'client_id', 'jti', 'iat', 'exp', 'nbf', 'scope', 'sid'],
  ...['nonce', 'at_hash', 'events', 'scp', 'roles', 'alg', 'typ', '__proto__', 'constructor'],
];
const plausible: unknown[] = [
  ...[
    issuer,
    `${issuer}/`,
    audience,
    `${audience}/`,
    [audience],
    [[audience]],
    ['x', audience],
    { [audience]: 1 },
  ],
  ...[
    '',
    'ada',
    'web',
    'parcels:read',
    'parcels:*',
    '*',
    ['parcels:read'],
    'x parcels:read',
    'parcels:read\n',
  ],
  ...[now, String(now), now + 5, now + 5.5, now + 6, now - 4.5, now - 5, now - 6, now + 300, [now + 300]],
  ...[now + 86_400, now + 86_401, 0, -1, 1e308, null, true, {}, []],
];

/** Where a rule begins and ends. */
const edges: [string, unknown][] = [
  ...[now + 5, now + 5.5, now + 6, now - 86_000, String(now)].map((iat): [string, unknown] => ['iat', iat]),
  ...[now + 5, now + 5.5, now - 1, String(now), null].map((nbf): [string, unknown] => ['nbf', nbf]),
  ...[now - 4.5, now - 5, now + 86_400, now + 86_401, null].map((exp): [string, unknown] => ['exp', exp]),
  ...[[audience], [[audience]], [], `${audience} x`].map((aud): [string, unknown] => ['aud', aud]),
  ...['', 5, ['s'], 's'].map((sid): [string, unknown] => ['sid', sid]),
  ...['web', issuer, '', ['ada']].map((sub): [string, unknown] => ['sub', sub]),
  ...['nonce', 'at_hash', 'c_hash', 's_hash', 'events'].map((name): [string, unknown] => [name, null]),
  ...[['parcels:read'], null, 'x parcels:read', 'parcels:'].map((scope): [string, unknown] => [
    'scope',
    scope,
  ]),
];

describeOnPlatforms('mutated tokens on %s', (running) => {
  let server: Awaited<ReturnType<typeof listen>>;
  let fetched: (string | undefined)[];

  const statusOf = (token: string) => running.statusOf('/parcels', { authorization: `Bearer ${token}` });
  const expectInvalid = async (token: string) => {
    const response = await running.get('/parcels', { authorization: `Bearer ${token}` });
    expect(response.status).toBe(401);
    expect((await problemIn(response)).code).toBe('invalid_token');
  };

  beforeAll(async () => {
    fetched = [];
    server = await listen((request, response) => {
      fetched.push(request.url);
      const own = [...signers.map(({ publicJwk }) => publicJwk), ...misleading];
      response.end(JSON.stringify({ keys: request.url === '/jwks' ? own : [attacker.publicJwk] }));
    });
    const trusted = { issuer, jwksUri: `${server.url}/jwks`, allowHttpOnLoopback: true };
    await running.start({
      portcullis: {
        // Else a changed `alg` of a known token would be the end of the real one.
        tokens: { audience, trustedIssuers: [trusted], reactions: { revokeTokenOnAlgorithmAttack: false } },
        bans: noStrikes,
        now: () => nowMs,
      },
      controllers: [ParcelsController],
    });
  });

  afterAll(async () => {
    await server.close();
    // Whatever the tokens said, keys came from where the app was told, and once.
    expect(fetched).toEqual(['/jwks']);
  });

  describe.each(signers.map((signer) => [signer.algorithm, signer] as const))(
    'signed with %s',
    (_, signer) => {
      it('a token is let in as it was signed: the base of the tests below', async () => {
        expect(await statusOf(signer.token(claims()))).toBe(200);
        expect(await statusOf(signer.token(claims(), { kid: undefined }))).toBe(200);
      });

      it('a token with any character changed is refused, also when the real one is known', async () => {
        const token = signer.token(claims());
        const character = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
        await fc.assert(
          fc.asyncProperty(fc.nat(token.length - 1), character, fc.boolean(), async (at, other, known) => {
            fc.pre(token[at] !== other);
            if (known) expect(await statusOf(token)).toBe(200);
            await expectInvalid(token.slice(0, at) + other + token.slice(at + 1));
          }),
          { numRuns: 150 },
        );
      });

      it('a token with any byte changed in header, payload or signature is refused', async () => {
        const parts = signer.token(claims()).split('.');
        await fc.assert(
          fc.asyncProperty(fc.nat(2), fc.nat(), fc.integer({ min: 1, max: 255 }), async (part, at, mask) => {
            const bytes = Buffer.from(parts[part] as string, 'base64url');
            const index = at % bytes.length;
            bytes[index] = (bytes[index] as number) ^ mask;
            await expectInvalid(parts.with(part, bytes.toString('base64url')).join('.'));
          }),
          { numRuns: 150 },
        );
      });

      it('a token with something cut off, added, doubled or in another place is refused', async () => {
        const token = signer.token(claims());
        const [header = '', payload = '', signature = ''] = token.split('.');
        for (const other of [
          ...[
            `${token}.`,
            `.${token}`,
            `${token}=`,
            `${token}A`,
            `${token}.${signature}`,
            `${header}=.${payload}.${signature}`,
          ],
          ...[
            `${header}.${payload}`,
            `${header}.${payload}.`,
            `${header}..${signature}`,
            `.${payload}.${signature}`,
          ],
          ...[`${payload}.${header}.${signature}`, `${header}.${payload}.${signature}${signature}`],
          ...[
            `${header}.${payload}.${signature.slice(0, -1)}`,
            `${header}.${payload}.${signature.slice(0, 43)}`,
          ],
          ...[token.toLowerCase(), `${header}.${payload}.${'A'.repeat(signature.length)}`],
        ]) {
          await expectInvalid(other);
        }
      });
    },
  );

  it('with any JSON in any claim a token opens the route only if every rule holds', async () => {
    const value = fc.oneof(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(...plausible));
    const name = fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...claimNames) },
      { weight: 1, arbitrary: fc.string() },
    );
    const change = fc.oneof(fc.tuple(name, value), fc.constantFrom(...edges));
    const changes = fc.array(change, { minLength: 1, maxLength: 3 });
    const seen = { let: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(changes, async (entries) => {
        const changed = Object.fromEntries([...Object.entries(claims()), ...entries]);
        const token = es256.token(changed);
        fc.pre(token.length <= 8192);
        const status = await statusOf(token);
        // What the app reads is what JSON says, -0 and lone surrogates included.
        const expected = shouldEnter(JSON.parse(JSON.stringify(changed)));
        expect(expected ? [200] : [401, 403]).toContain(status);
        seen[expected ? 'let' : 'refused']++;
      }),
      { numRuns: 600 },
    );
    expect(Math.min(seen.let, seen.refused)).toBeGreaterThan(50);
  });

  it('with any JSON in any header parameter a token never does more than be refused', async () => {
    const name = fc.constantFrom(
      'alg',
      'typ',
      'kid',
      'crit',
      'b64',
      'cty',
      'zip',
      'jku',
      'jwk',
      'x5u',
      'x5c',
      '__proto__',
    );
    await fc.assert(
      fc.asyncProperty(name, fc.jsonValue({ maxDepth: 3 }), async (parameter, value) => {
        const header = Object.fromEntries([
          ...Object.entries({ alg: 'ES256', kid: 'p256', typ: 'at+jwt' }),
          [parameter, value],
        ]);
        const matters = ['alg', 'typ', 'kid', 'crit', 'b64'].includes(parameter);
        expect(await statusOf(compactJws(header, claims(), es256.sign))).toBe(matters ? 401 : 200);
      }),
      { numRuns: 200 },
    );
  });

  it.each<[string, string | Uint8Array]>([
    ['a name twice', JSON.stringify(claims()).replace('{', '{"sub":"root",')],
    ['a name twice, once in escapes', JSON.stringify(claims()).replace('{', '{"s\\u0075b":"root",')],
    [
      'a name twice further in',
      JSON.stringify(claims({ x: 0 })).replace('"x":0', '"x":{"a":[{"b":1,"b":2}]}'),
    ],
    [
      'a nesting of a thousand',
      JSON.stringify(claims({ x: 0 })).replace('"x":0', `"x":${'['.repeat(999)}${']'.repeat(999)}`),
    ],
    ['a list around it', JSON.stringify([claims()])],
    ['a text', '"ada"'],
    ['null', 'null'],
    ['nothing', ''],
    ['something after it', `${JSON.stringify(claims())}{}`],
    ['a byte order mark', `\ufeff${JSON.stringify(claims())}`],
    ['bytes that are no UTF-8', Buffer.from(JSON.stringify(claims({ x: '\u00ff' })), 'latin1')],
    ['a number that is none', JSON.stringify(claims({ exp: 0 })).replace('"exp":0', '"exp":1e999')],
  ])('a payload of %s is refused, properly signed as it is', async (_, payload) => {
    await expectInvalid(compactJws({ alg: 'ES256', kid: 'p256', typ: 'at+jwt' }, payload, es256.sign));
  });

  it.each([
    '__proto__',
    'constructor',
    'toString',
    'length',
    '../../etc/passwd',
    "' OR 1=1; DROP TABLE keys --",
    '',
    'P256',
    'p256 ',
    'p256\u0000',
    'k'.repeat(4_000),
  ])('kid %j is just unknown', (kid) => expectInvalid(es256.token(claims(), { kid })));

  it('a kid of a megabyte is refused before anybody reads it', async () => {
    const token = es256.token(claims(), { kid: 'k'.repeat(1_000_000) });
    const { status } = await rawRequest(running.url, 'GET /parcels', [`authorization: Bearer ${token}`]);
    expect([401, 431]).toContain(status);
    expect(await statusOf(es256.token(claims()))).toBe(200);
  });

  it('keys that a header brings or points to are neither fetched nor used', async () => {
    const keys = {
      jku: `${server.url}/attacker`,
      x5u: `${server.url}/attacker`,
      jwk: attacker.publicJwk,
      x5c: [attacker.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')],
    };
    for (const [parameter, value] of Object.entries(keys)) {
      await expectInvalid(attacker.token(claims(), { [parameter]: value }));
      await expectInvalid(attacker.token(claims(), { [parameter]: value, kid: undefined }));
      expect(await statusOf(es256.token(claims(), { [parameter]: value }))).toBe(200);
    }
    await expectInvalid(attacker.token(claims(), keys));
  });

  it.each([
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    'HS256',
    'ES256K',
    'EdDSA',
    'ES384',
    'RS256',
    'PS256',
    'es256',
  ])('alg %j on an ES256 token is refused, with its signature or without', async (alg) => {
    for (const header of [
      { alg, typ: 'at+jwt' },
      { alg, typ: 'at+jwt', kid: 'p256' },
    ]) {
      await expectInvalid(compactJws(header, claims(), noSignature));
      await expectInvalid(compactJws(header, claims(), es256.sign));
    }
  });

  it('no form of a public key is a shared secret', async () => {
    for (const signer of signers) {
      for (const secret of [
        signer.publicKey.export({ type: 'spki', format: 'pem' }),
        signer.publicKey.export({ type: 'spki', format: 'der' }),
        JSON.stringify(signer.publicJwk),
        Buffer.from(signer.publicJwk.x ?? signer.publicJwk.n ?? '', 'base64url'),
      ]) {
        const hmac: Sign = (input) => createHmac('sha256', secret).update(input).digest();
        for (const alg of ['HS256', signer.algorithm]) {
          await expectInvalid(compactJws({ alg, kid: signer.kid, typ: 'at+jwt' }, claims(), hmac));
        }
      }
    }
  });

  it('a signature of another curve, another padding or another encoding is refused', async () => {
    const { privateKey: secp256k1 } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    const by = (alg: string, kid: string, sign: Sign) =>
      compactJws({ alg, kid, typ: 'at+jwt' }, claims(), sign);
    const bytes = (input: string) => Buffer.from(input);
    for (const token of [
      ...['p256', 'misleading', 'silent', undefined].flatMap((kid) => [
        compactJws({ alg: 'ES256', kid, typ: 'at+jwt' }, claims(), p384.sign),
        compactJws({ alg: 'ES256', kid, typ: 'at+jwt' }, claims(), (input) =>
          rawSign('sha256', bytes(input), { key: p384.privateKey, dsaEncoding: 'ieee-p1363' }),
        ),
      ]),
      p384.token(claims()),
      by('ES256', 'p256', (input) =>
        rawSign('sha256', bytes(input), { key: secp256k1, dsaEncoding: 'ieee-p1363' }),
      ),
      by('ES256', 'p256', (input) =>
        rawSign('sha256', bytes(input), { key: es256.privateKey, dsaEncoding: 'der' }),
      ),
      by('ES256', 'p256', (input) =>
        rawSign('sha512', bytes(input), { key: es256.privateKey, dsaEncoding: 'ieee-p1363' }),
      ),
      by('PS256', 'rsa', (input) =>
        rawSign('sha256', bytes(input), { key: rs256.privateKey, padding: 6, saltLength: 32 }),
      ),
      by('RS256', 'rsa', (input) =>
        rawSign('sha256', bytes(input), { key: rs256.privateKey, padding: 6, saltLength: 32 }),
      ),
      by('RS256', 'rsa', (input) => rawSign('sha1', bytes(input), rs256.privateKey)),
    ]) {
      await expectInvalid(token);
    }
  });
});
