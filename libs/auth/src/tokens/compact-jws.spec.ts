import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { anyLetter } from '../any-letter.spec-support.js';
import { MalformedTokenError, parseCompactJws } from './compact-jws.js';
import { VerificationKey } from './verification-key.js';

const HEADER = { alg: 'EdDSA', typ: 'at+jwt', kid: 'k1' };
const encode = (part: object | string | Uint8Array) =>
  Buffer.from(typeof part === 'string' || part instanceof Uint8Array ? part : JSON.stringify(part)).toString(
    'base64url',
  );

/** A token of these parts, encoded but not signed. */
const jws = (header: object | string | Uint8Array, payload: object | string | Uint8Array = { sub: 'ann' }) =>
  `${encode(header)}.${encode(payload)}.${encode('signature')}`;

const refused = (token: string) => expect(() => parseCompactJws(token)).toThrow(MalformedTokenError);

describe('a token is taken apart', () => {
  it('into header, claims, what is signed, and the signature', () => {
    const token = jws(HEADER, { sub: 'ann', n: 1 });
    expect(parseCompactJws(token)).toEqual({
      header: HEADER,
      claims: { sub: 'ann', n: 1 },
      signingInput: token.slice(0, token.lastIndexOf('.')),
      signature: Buffer.from('signature'),
    });
  });

  it('as it was put together, whatever the claims and the signature are', () => {
    const claims = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));
    const text = fc.string();
    const signature = fc.uint8Array({ minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(text, text, text, claims, signature, (alg, typ, kid, payload, bytes) => {
        const signingInput = `${encode({ alg, typ, kid })}.${encode(payload)}`;
        const parsed = parseCompactJws(`${signingInput}.${encode(bytes)}`);
        expect(parsed.header).toEqual({ alg, typ, kid });
        expect(parsed.claims).toEqual(JSON.parse(JSON.stringify(payload)));
        expect(parsed.signingInput).toBe(signingInput);
        expect(new Uint8Array(parsed.signature)).toEqual(bytes);
      }),
    );
  });

  it('without looking at keys that its header brings along or points to', () => {
    const evil = { jku: 'https://evil.example', x5u: 'https://evil.example', jwk: { kty: 'oct' }, x5c: [1] };
    expect(parseCompactJws(jws({ ...HEADER, ...evil, x: {} })).header).toEqual(HEADER);
  });

  it.each(['__proto__', '../../etc/passwd', "' OR 1=1 --", 'x'.repeat(1_000_000), '', '\u0000'])(
    'with any text for a kid',
    (kid) => {
      expect(parseCompactJws(jws({ ...HEADER, kid })).header.kid).toBe(kid);
    },
  );

  it('so that no claim can come from a prototype', () => {
    const { claims, header } = parseCompactJws(
      jws('{"alg":"EdDSA","__proto__":{"kid":"k1","typ":"at+jwt"}}', '{"__proto__":{"sub":"root"}}'),
    );
    expect([claims.sub, header.kid, header.typ]).toEqual([undefined, undefined, undefined]);
  });
});

describe('a token is malformed', () => {
  const [header, payload, signature] = jws(HEADER).split('.') as [string, string, string];

  it.each([
    '',
    '.',
    '..',
    '...',
    'a',
    `${header}.${payload}`,
    `${jws(HEADER)}.`,
    `.${jws(HEADER)}`,
    `${jws(HEADER)}.a.b`,
  ])('unless it has three parts: %j', (token) => refused(token));

  it.each<[string, (part: string) => string]>([
    ['is padded', (part) => `${part}=`],
    ['is padded twice', (part) => `${part}==`],
    ['has a space before', (part) => ` ${part}`],
    ['has a space after', (part) => `${part} `],
    ['has a line break within', (part) => `${part.slice(0, 4)}\n${part.slice(4)}`],
    ['has junk within', (part) => `${part.slice(0, 4)}!${part.slice(4)}`],
    ['has a byte too many', (part) => `${part}A`],
    ['has the letters of another base64', (part) => `${part.slice(0, -4)}+/+/`],
    ['has a zero byte', (part) => `${part}\0`],
    ['has a letter outside of ASCII', (part) => `${part}é`],
  ])('when one of its parts %s', (_, spoil) => {
    refused([spoil(header), payload, signature].join('.'));
    refused([header, spoil(payload), signature].join('.'));
    refused([header, payload, spoil(signature)].join('.'));
  });

  it('when its header or its payload is empty; the signature may be, as with alg none', () => {
    refused(['', payload, signature].join('.'));
    refused([header, '', signature].join('.'));
    expect(parseCompactJws([header, payload, ''].join('.')).signature).toHaveLength(0);
    for (const junk of [' ', '=', '\0']) refused([header, payload, junk].join('.'));
  });

  it('when spare bits are set, so that two spellings would mean one', () => {
    for (const spelling of ['QR', 'QV', 'Qf', 'QUK', 'QUL']) {
      expect(Buffer.from(spelling, 'base64url').toString()).toMatch(/^[AB]/);
      refused(`${header}.${payload}.${spelling}`);
    }
    expect(parseCompactJws(`${header}.${payload}.QQ`).signature.toString()).toBe('A');
    // {} is "e30": the last letter has two spare bits.
    for (const spelling of ['e31', 'e32', 'e33']) refused(`${header}.${spelling}.${signature}`);
    expect(parseCompactJws(`${header}.e30.${signature}`).claims).toEqual({});
  });

  it.each<[string, object]>([
    ['crit names an extension', { crit: ['exp'], exp: 1 }],
    ['crit is empty', { crit: [] }],
    ['crit is null', { crit: null }],
    ['crit repeats itself', { crit: ['b64', 'b64'], b64: true }],
    ['crit is a text', { crit: 'b64' }],
    ['b64 is false', { b64: false }],
    ['b64 is true', { b64: true }],
    ['b64 is null', { b64: null }],
    ['alg is missing', { alg: undefined }],
    ['alg is null', { alg: null }],
    ['alg is a list', { alg: ['EdDSA'] }],
    ['typ is null', { typ: null }],
    ['typ is a list', { typ: ['at+jwt'] }],
    ['kid is null', { kid: null }],
    ['kid is a number', { kid: 1 }],
    ['kid is an object', { kid: { toString: 'k1' } }],
  ])('when in its header %s', (_, parameters) => {
    refused(jws({ ...HEADER, ...parameters }));
  });

  it.each<[string, string | Uint8Array]>([
    ['a list', '[]'],
    ['null', 'null'],
    ['a text', '"e30"'],
    ['no JSON', 'sub=ann'],
    ['empty text', ' '],
    ['a repeated name', '{"alg":"EdDSA","alg":"none"}'],
    ['a repeated name in another spelling', '{"alg":"EdDSA","\\u0061lg":"none"}'],
    ['nested too deep', `{"alg":"EdDSA","a":${'['.repeat(20)}${']'.repeat(20)}}`],
    ['a byte order mark', '\ufeff{"alg":"EdDSA"}'],
    ['two objects', '{"alg":"EdDSA"}{}'],
    ['invalid UTF-8', Buffer.from('{"alg":"EdDSA","a":"\xff"}', 'latin1')],
    ['an overlong UTF-8 spelling', Buffer.from('{"alg":"EdDSA","a":"\xc0\xaf"}', 'latin1')],
    ['half a surrogate pair in UTF-8', Buffer.from('{"alg":"EdDSA","a":"\xed\xa0\x80"}', 'latin1')],
    ['UTF-16', Buffer.from('{"alg":"EdDSA"}', 'utf16le')],
  ])('when its header or its payload is %s', (_, text) => {
    refused(jws(text));
    refused(jws(HEADER, text));
  });

  it('without saying any of it', () => {
    const secret = 'hunter2';
    for (const token of [jws({ ...HEADER, kid: [secret] }), jws(HEADER, secret), `${secret}.${secret}.`]) {
      try {
        parseCompactJws(token);
        throw new Error('it was accepted');
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedTokenError);
        expect(`${error} ${(error as Error).cause}`).not.toContain(secret);
      }
    }
  });

  it('or well-formed, but never another error, whatever comes', () => {
    const anything = fc.oneof(
      fc.string({ unit: anyLetter }),
      fc.tuple(fc.string(), fc.string(), fc.string()).map((parts) => parts.map(encode).join('.')),
      fc.tuple(fc.json(), fc.json(), fc.string()).map((parts) => parts.map(encode).join('.')),
    );
    fc.assert(
      fc.property(anything, (token) => {
        try {
          parseCompactJws(token);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedTokenError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** It takes a while to make, so no test waits for it. */
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });

describe('a signed token', () => {
  it.each(['EdDSA', 'ES256', 'PS256'] as const)(
    'by %s is malformed or unproven once any one of its characters is another',
    (alg) => {
      const { privateKey, publicKey } = {
        EdDSA: () => generateKeyPairSync('ed25519'),
        ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
        PS256: () => RSA,
      }[alg]();
      const key = new VerificationKey(alg, 'k1', publicKey);
      const body = `${encode({ ...HEADER, alg })}.${encode({ sub: 'ann' })}`;
      const bytes = sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(body), {
        key: privateKey,
        dsaEncoding: 'ieee-p1363',
        ...(alg === 'PS256' && { padding: 6, saltLength: 32 }),
      });
      const good = `${body}.${encode(bytes)}`;
      const proves = (token: string) => {
        try {
          const { signingInput, signature } = parseCompactJws(token);
          return key.verify(signingInput, signature);
        } catch (error) {
          if (error instanceof MalformedTokenError) return false;
          throw error;
        }
      };
      expect(proves(good)).toBe(true);
      const letter = fc.oneof(
        fc.constantFrom(...'ABEIQgwxyz0123456789-_=+/. \n\0\u0141'),
        fc.string({ minLength: 1, maxLength: 1 }),
      );
      fc.assert(
        fc.property(fc.nat(good.length - 1), letter, (at, other) => {
          fc.pre(good[at] !== other);
          return !proves(good.slice(0, at) + other + good.slice(at + 1));
        }),
        { numRuns: 1_000 },
      );
      // The last letter has spare bits: every other one of them is tried.
      for (const other of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
        expect(proves(good.slice(0, -1) + other)).toBe(good.endsWith(other));
      }
    },
  );
});
