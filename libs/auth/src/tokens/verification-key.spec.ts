import {
  constants,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { ASYMMETRIC_ALGORITHMS, type TokenAlgorithm, VerificationKey } from './verification-key.js';

/** The key of RFC 7515 appendix A.2. */
const RFC7515_RSA = {
  kty: 'RSA',
  e: 'AQAB',
  n:
    'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SF' +
    'd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo' +
    '7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkM' +
    'Ls91kzk2PAcDTW9gb54h4FRWyuXpoQ',
};
/** The key of RFC 7520 section 3.3. */
const RFC7520_RSA = {
  kty: 'RSA',
  e: 'AQAB',
  n:
    'n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKr' +
    'Kb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5l' +
    'FHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__' +
    'kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw',
};
const JOE = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
const BILBO =
  'SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9h' +
  'ZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3' +
  'ZXB0IG9mZiB0by4';

interface Vector {
  readonly from: string;
  readonly algorithm: TokenAlgorithm;
  readonly jwk: JsonWebKey;
  readonly input: string;
  readonly signature: string;
}
const VECTORS: readonly Vector[] = [
  {
    from: 'RFC 7515 A.1',
    algorithm: 'HS256',
    jwk: {
      kty: 'oct',
      k: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    },
    input: `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${JOE}`,
    signature: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  },
  {
    from: 'RFC 7515 A.2',
    algorithm: 'RS256',
    jwk: RFC7515_RSA,
    input: `eyJhbGciOiJSUzI1NiJ9.${JOE}`,
    signature:
      'cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJ' +
      'dbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN' +
      '9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXL' +
      'IhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw',
  },
  {
    from: 'RFC 7515 A.3',
    algorithm: 'ES256',
    jwk: {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    },
    input: `eyJhbGciOiJFUzI1NiJ9.${JOE}`,
    signature: 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
  },
  {
    from: 'RFC 7515 A.4',
    algorithm: 'ES512',
    jwk: {
      kty: 'EC',
      crv: 'P-521',
      x: 'AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk',
      y: 'ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2',
    },
    input: 'eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA',
    signature:
      'AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZ' +
      'goXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn',
  },
  {
    from: 'RFC 7520 4.1',
    algorithm: 'RS256',
    jwk: RFC7520_RSA,
    input: `eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.${BILBO}`,
    signature:
      'MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84w' +
      'nB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnH' +
      'XFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41A' +
      'xf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg',
  },
  {
    from: 'RFC 7520 4.2',
    algorithm: 'PS384',
    jwk: RFC7520_RSA,
    input: `eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.${BILBO}`,
    signature:
      'cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllV' +
      'o6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrx' +
      'UeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH' +
      '510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw',
  },
  {
    from: 'RFC 8037 A.4',
    algorithm: 'EdDSA',
    jwk: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
    input: 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc',
    signature: 'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
  },
];

const keyOf = ({ jwk, algorithm }: Pick<Vector, 'jwk' | 'algorithm'>) =>
  new VerificationKey(
    algorithm,
    undefined,
    jwk.kty === 'oct'
      ? createSecretKey(Buffer.from(jwk.k as string, 'base64url'))
      : createPublicKey({ key: jwk, format: 'jwk' }),
  );

describe('the examples of the standards', () => {
  it.each(VECTORS)('verify: $from ($algorithm)', (vector) => {
    const key = keyOf(vector);
    const signature = Buffer.from(vector.signature, 'base64url');
    expect(key.verify(vector.input, signature)).toBe(true);
    expect(key.verify(`${vector.input} `, signature)).toBe(false);
    expect(key.verify(vector.input.slice(1), signature)).toBe(false);
  });

  it.each(VECTORS)('do not verify with any bit of the signature turned: $from ($algorithm)', (vector) => {
    const key = keyOf(vector);
    const good = Buffer.from(vector.signature, 'base64url');
    fc.assert(
      fc.property(fc.nat(good.length * 8 - 1), (bit) => {
        const bad = Buffer.from(good);
        bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(key.verify(vector.input, bad)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it.each(VECTORS)('do not verify with a signature of another length: $from ($algorithm)', (vector) => {
    const key = keyOf(vector);
    const good = Buffer.from(vector.signature, 'base64url');
    for (const bad of [
      Buffer.alloc(0),
      Buffer.alloc(good.length),
      good.subarray(1),
      good.subarray(0, -1),
      Buffer.concat([good, Buffer.alloc(1)]),
      Buffer.concat([Buffer.alloc(1), good]),
      Buffer.concat([good, good]),
    ]) {
      expect(key.verify(vector.input, bad)).toBe(false);
    }
  });

  it('do not verify by another algorithm of the same key', () => {
    const [rs256, ps384] = VECTORS.filter(({ jwk }) => jwk === RFC7520_RSA) as [Vector, Vector];
    for (const algorithm of ASYMMETRIC_ALGORITHMS.filter((name) => /^[RP]S/.test(name))) {
      const key = keyOf({ jwk: RFC7520_RSA, algorithm });
      for (const { input, signature, algorithm: own } of [rs256, ps384]) {
        expect(key.verify(input, Buffer.from(signature, 'base64url'))).toBe(algorithm === own);
      }
    }
  });
});

/** RSA keys take a while to make, so there are two for all tests. */
const RSA_PAIRS = [
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
] as const;
const CURVES: Record<string, string> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

/** Two pairs of keys for an algorithm. */
function pairsFor(algorithm: TokenAlgorithm) {
  const namedCurve = CURVES[algorithm];
  if (/^[RP]S/.test(algorithm)) return RSA_PAIRS;
  const make = () =>
    namedCurve === undefined ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve });
  return [make(), make()] as const;
}

describe('what jose signs', () => {
  it.each(ASYMMETRIC_ALGORITHMS)('verifies with %s, and by no other key', async (algorithm) => {
    const [own, other] = pairsFor(algorithm);
    const token = await new SignJWT({ sub: 'ann' })
      .setProtectedHeader({ alg: algorithm })
      .sign(own.privateKey);
    const [input, signature] = [
      token.slice(0, token.lastIndexOf('.')),
      token.slice(token.lastIndexOf('.') + 1),
    ];
    const verdicts = [own, other].map(({ publicKey }) =>
      new VerificationKey(algorithm, undefined, publicKey).verify(input, Buffer.from(signature, 'base64url')),
    );
    expect(verdicts).toEqual([true, false]);
  });
});

describe('a signature is refused', () => {
  const data = 'header.payload';

  it.each([
    ['ES256', 'P-256', 'sha256'],
    ['ES384', 'P-384', 'sha384'],
    ['ES512', 'P-521', 'sha512'],
  ] as const)('that %s wrote as DER, not as JOSE does', (algorithm, namedCurve, hash) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    const key = new VerificationKey(algorithm, undefined, publicKey);
    const written = (dsaEncoding: 'der' | 'ieee-p1363') =>
      sign(hash, Buffer.from(data), { key: privateKey, dsaEncoding });
    expect(key.verify(data, written('ieee-p1363'))).toBe(true);
    expect(key.verify(data, written('der'))).toBe(false);
  });

  it.each([
    ['PS256', 'sha256', 32],
    ['PS384', 'sha384', 48],
    ['PS512', 'sha512', 64],
  ] as const)('that %s wrote with a salt of another length than its hash', (algorithm, hash, length) => {
    const [{ privateKey, publicKey }] = RSA_PAIRS;
    const key = new VerificationKey(algorithm, undefined, publicKey);
    const salted = (saltLength: number) =>
      sign(hash, Buffer.from(data), {
        key: privateKey,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength,
      });
    expect(key.verify(data, salted(length))).toBe(true);
    for (const other of [0, 20, length - 1, length + 1, constants.RSA_PSS_SALTLEN_MAX_SIGN]) {
      expect(key.verify(data, salted(other))).toBe(false);
    }
  });

  it('of zeros, the one that every key once took', () => {
    for (const [algorithm, namedCurve, length] of [
      ['ES256', 'P-256', 64],
      ['ES384', 'P-384', 96],
      ['ES512', 'P-521', 132],
    ] as const) {
      const key = new VerificationKey(
        algorithm,
        undefined,
        generateKeyPairSync('ec', { namedCurve }).publicKey,
      );
      expect(key.verify(data, Buffer.alloc(length))).toBe(false);
    }
  });
});

describe('a key', () => {
  const keys: Record<string, () => KeyObject> = {
    ed25519: () => generateKeyPairSync('ed25519').publicKey,
    ed448: () => generateKeyPairSync('ed448').publicKey,
    x25519: () => generateKeyPairSync('x25519').publicKey,
    'P-256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
    'P-384': () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey,
    'P-521': () => generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey,
    secp256k1: () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey,
    rsa: () => RSA_PAIRS[0].publicKey,
    'rsa-pss': () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey,
    secret: () => createSecretKey(randomBytes(32)),
    'private ed25519': () => generateKeyPairSync('ed25519').privateKey,
  };
  const fitting: Record<TokenAlgorithm, string> = {
    EdDSA: 'ed25519',
    ES256: 'P-256',
    ES384: 'P-384',
    ES512: 'P-521',
    PS256: 'rsa',
    PS384: 'rsa',
    PS512: 'rsa',
    RS256: 'rsa',
    RS384: 'rsa',
    RS512: 'rsa',
    HS256: 'secret',
  };

  it.each(Object.keys(keys))('of the kind %s is for its own algorithms and for no other', (kind) => {
    const key = keys[kind]?.() as KeyObject;
    const taken = Object.keys(fitting).filter((algorithm) => {
      try {
        return new VerificationKey(algorithm as TokenAlgorithm, undefined, key) && true;
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
        return false;
      }
    });
    expect(taken).toEqual(
      Object.keys(fitting).filter((algorithm) => fitting[algorithm as TokenAlgorithm] === kind),
    );
  });

  it('has one name wherever it is read, and another one for each algorithm and each key', () => {
    const { jwk } = VECTORS[1] as Vector;
    const idOf = (algorithm: TokenAlgorithm, key: JsonWebKey) => keyOf({ algorithm, jwk: key }).id;
    expect(idOf('RS256', jwk)).toBe(idOf('RS256', { ...jwk }));
    const ids = [
      idOf('RS256', jwk),
      idOf('PS256', jwk),
      idOf('RS256', RFC7520_RSA),
      idOf('PS256', RFC7520_RSA),
    ];
    expect(new Set(ids).size).toBe(4);
  });

  it('whose private half is at hand is still only taken as its public half', () => {
    const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    expect(
      () => new VerificationKey('EdDSA', undefined, createPrivateKey({ key: jwk, format: 'jwk' })),
    ).toThrow(TypeError);
  });
});
