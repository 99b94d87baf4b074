import { LOGIN, LoginCheck, type LoginDemand } from './login-demand.js';

const problemOf = (wanted: unknown) => LOGIN.problemOf?.(wanted as LoginDemand);

describe('a demanded login', () => {
  it.each<[string, LoginDemand]>([
    ['a login of acr mfa', { acr: 'mfa' }],
    ['a login of acr gold or silver', { acr: ['gold', 'silver'] }],
    ['a login by pwd and otp', { amr: ['pwd', 'otp'] }],
    ['a login at most 300 s ago', { maxAgeSeconds: 300 }],
    ['a login of acr urn:x:2 by hwk at most 1 s ago', { acr: ['urn:x:2'], amr: 'hwk', maxAgeSeconds: 1 }],
  ])('is described as %s', (text, demand) => {
    expect(problemOf(demand)).toBeUndefined();
    expect(new LoginCheck(demand).describe()).toBe(text);
  });

  it.each<[unknown]>([
    ...[[undefined], [null], ['mfa'], [300], [() => true], [['mfa']], [{}]],
    ...[[{ acr: [] }], [{ amr: [] }], [{ acr: '' }], [{ acr: ['mfa', ''] }], [{ amr: [1] }]],
    ...[[{ acr: null }], [{ acr: 2 }], [{ acr: [['mfa']] }], [{ acr: { mfa: true } }]],
    // What a challenge can not hold, or holds as two.
    ...[[{ acr: 'two words' }], [{ acr: 'a"b' }], [{ acr: 'a\\b' }], [{ amr: 'a\r\nb' }], [{ acr: 'ä' }]],
    ...[0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '300', null, true].map((maxAgeSeconds) => [
      { acr: 'mfa', maxAgeSeconds },
    ]),
    // Variables that are not set, and names that do not exist, would take a demand away in silence.
    ...[[{ acr: undefined }], [{ acr: 'mfa', maxAgeSeconds: undefined }], [{ acr: 'mfa', amr: undefined }]],
    ...[[{ acr: 'mfa', maxAge: 300 }], [{ acr_values: 'mfa' }], [{ max_age: 300 }]],
  ] as [unknown][])('makes no sense as %j', (wanted) => {
    expect(problemOf(wanted)).toMatch(/^(must|has) /);
  });

  it('is of all that class and method say', () => {
    const unite = (...values: LoginDemand[]) => LOGIN.unite?.(values);
    expect(unite({ acr: 'mfa' }, { maxAgeSeconds: 300 })).toEqual({ acr: ['mfa'], maxAgeSeconds: 300 });
    expect(unite({ maxAgeSeconds: 300 }, { maxAgeSeconds: 60 }, { maxAgeSeconds: 900 })).toEqual({
      maxAgeSeconds: 60,
    });
    expect(unite({ amr: 'otp' }, { amr: ['pwd', 'otp'] })).toEqual({ amr: ['otp', 'pwd'] });
    expect(unite({ acr: ['gold', 'silver'] }, { amr: 'otp' }, { acr: ['silver', 'gold', 'x'] })).toEqual({
      acr: ['gold', 'silver'],
      amr: ['otp'],
    });
    expect(unite({ acr: ['gold', 'silver'] }, { acr: 'bronze' })).toBeUndefined();
  });
});
