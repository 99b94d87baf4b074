import { totpCode } from './index.js';

/** The secrets of RFC 6238 appendix B, `1234567890…` as long as the hash, in base32. */
const TWENTY = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const SECRETS = {
  SHA1: TWENTY,
  SHA256: `${TWENTY}GEZDGNBVGY3TQOJQGEZA====`,
  SHA512: `${TWENTY}${TWENTY}${TWENTY}GEZDGNA=`,
} as const;

describe('the code of an authenticator app', () => {
  it.each([
    [59, '94287082', '46119246', '90693936'],
    [1_111_111_109, '07081804', '68084774', '25091201'],
    [1_111_111_111, '14050471', '67062674', '99943326'],
    [1_234_567_890, '89005924', '91819424', '93441116'],
    [2_000_000_000, '69279037', '90698825', '38618901'],
    [20_000_000_000, '65353130', '77737706', '47863826'],
  ])('at %i s is that of RFC 6238 appendix B', (seconds, ...codes) => {
    const algorithms = ['SHA1', 'SHA256', 'SHA512'] as const;
    const made = algorithms.map((algorithm) =>
      totpCode(SECRETS[algorithm], { at: seconds * 1000, algorithm, digits: 8 }),
    );
    expect(made).toEqual(codes);
  });

  it('has six digits by default, and takes a secret as people type it', () => {
    expect(totpCode('gezd gnbv gy3t qojq gezd gnbv gy3t qojq', { at: 59_000 })).toBe('287082');
    expect(totpCode(TWENTY)).toMatch(/^\d{6}$/);
  });

  it.each(['', 'no base32!', 'ABC1'])('is not made of %j', (secret) => {
    expect(() => totpCode(secret)).toThrow(TypeError);
  });
});
