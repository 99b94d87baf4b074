import { newRecoveryCodes, recoveryCodeHash } from './recovery-code-format.js';

it('makes ten codes, each of 80 bits in four groups', () => {
  const codes = newRecoveryCodes();
  expect(new Set(codes).size).toBe(10);
  for (const code of codes) expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/);
});

it('uses each letter about as often', () => {
  const letters = Array.from({ length: 200 }, newRecoveryCodes).flat().join('').replaceAll('-', '');
  const counts = [...'0123456789abcdefghjkmnpqrstvwxyz'].map((letter) => letters.split(letter).length - 1);
  // 1,000 of each are expected; one in 10^9 runs is off by more than 200.
  for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(200);
});

it('forgives spaces, hyphens, capitals, and letters that look like digits', () => {
  const known = recoveryCodeHash('f', '01ab-cdef-ghjk-mnpq');
  for (const typed of [
    '01abcdefghjkmnpq',
    ' 01AB CDEF GHJK MNPQ ',
    'OIab–cdef—ghjk‑mnpq',
    'oLab\tcdef-ghjk-mnpq\n',
  ])
    expect(recoveryCodeHash('f', typed)).toBe(known);
});

it('takes nothing else for a code, and no code of one factor for that of another', () => {
  for (const typed of [
    '',
    '01ab-cdef-ghjk-mnp',
    '01ab-cdef-ghjk-mnpq0',
    '01ab-cdef-ghjk-mnpu',
    '01ab_cdef_ghjk_mnpq',
  ])
    expect(recoveryCodeHash('f', typed)).toBeUndefined();
  expect(recoveryCodeHash('f', '01ab-cdef-ghjk-mnpq')).not.toBe(recoveryCodeHash('g', '01ab-cdef-ghjk-mnpq'));
});
