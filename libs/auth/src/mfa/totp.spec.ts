import { stepAt, stepOfCode, TOTP_ALGORITHMS, type TotpAlgorithm, totpCodeOf } from './totp.js';
import { base32Of, totpUriOf } from './totp-uri.js';

/** RFC 6238 appendix B: the seeds are as long as the hashes. */
const SEEDS: Record<TotpAlgorithm, Buffer> = {
  SHA1: Buffer.from('12345678901234567890'),
  SHA256: Buffer.from('12345678901234567890123456789012'),
  SHA512: Buffer.from('1234567890123456789012345678901234567890123456789012345678901234'),
};
const VECTORS = [
  [59, '94287082', '46119246', '90693936'],
  [1111111109, '07081804', '68084774', '25091201'],
  [1111111111, '14050471', '67062674', '99943326'],
  [1234567890, '89005924', '91819424', '93441116'],
  [2000000000, '69279037', '90698825', '38618901'],
  [20000000000, '65353130', '77737706', '47863826'],
] as const;

describe.each(TOTP_ALGORITHMS)('TOTP with %s', (algorithm) => {
  const secret = SEEDS[algorithm];
  const column = TOTP_ALGORITHMS.indexOf(algorithm) + 1;

  it.each(VECTORS)('has the codes of RFC 6238 at %i', (seconds, ...codes) => {
    const code = codes[column - 1] as string;
    const at = seconds * 1000;
    expect(totpCodeOf(secret, stepAt(at), { algorithm, digits: 8 })).toBe(code);
    expect(totpCodeOf(secret, stepAt(at), { algorithm, digits: 6 })).toBe(code.slice(2));
  });

  it.each([6, 7, 8])(
    'finds the step of a code with %i digits: this one, the one before and the one after',
    (digits) => {
      const parameters = { algorithm, digits };
      const at = 1_234_567_890_000;
      const step = stepAt(at);
      for (const by of [-1, 0, 1])
        expect(stepOfCode(secret, totpCodeOf(secret, step + by, parameters), at, parameters)).toBe(step + by);
      for (const by of [-2, 2])
        expect(stepOfCode(secret, totpCodeOf(secret, step + by, parameters), at, parameters)).toBeUndefined();
    },
  );
});

const PLAIN = { algorithm: 'SHA1', digits: 6 } as const;

it('takes a code with the spaces that apps show, and nothing else around it', () => {
  const at = 59_000;
  expect(stepOfCode(SEEDS.SHA1, '287 082', at, PLAIN)).toBe(1);
  for (const code of ['', '287082\n', '+287082', '0287082', '28708', '２８７０８２', '2870820'])
    expect(stepOfCode(SEEDS.SHA1, code, at, PLAIN)).toBeUndefined();
});

it.each([
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
])('writes %j in Base32 as RFC 4648 does', (text, base32) => {
  expect(base32Of(Buffer.from(text))).toBe(base32);
});

it('writes a URI that names the app twice, and can not be broken by a name', () => {
  const account = 'ada&digits=8:x@example.com';
  const uri = new URL(totpUriOf({ app: 'Parcels: the app', account, secret: 'MZXW6' }, PLAIN));
  expect([uri.protocol, uri.host]).toEqual(['otpauth:', 'totp']);
  expect(decodeURIComponent(uri.pathname)).toBe('/Parcels  the app:ada&digits=8 x@example.com');
  expect(Object.fromEntries(uri.searchParams)).toEqual({
    ...{ secret: 'MZXW6', issuer: 'Parcels  the app', algorithm: 'SHA1', digits: '6', period: '30' },
  });
});
