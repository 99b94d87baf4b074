import { loginIn, loginOfOthers, OWN_LOGIN } from './trusted-login.js';

const NOW = 1_700_000_000;
const claims = { acr: 'mfa', amr: ['pwd', 'otp'], auth_time: NOW - 10 };

describe('what a token says of a login', () => {
  it('counts as it is where this app has issued it', () => {
    expect(loginIn(claims, OWN_LOGIN, NOW)).toEqual({
      acr: 'mfa',
      amr: ['pwd', 'otp'],
      authTime: NOW - 10,
    });
    expect(loginIn({}, OWN_LOGIN, NOW)).toBeUndefined();
  });

  it('counts for nothing where another issuer has, unless that is mapped, each by itself', () => {
    const from = (login?: object) => loginIn(claims, loginOfOthers(login), NOW);
    expect(from()).toBeUndefined();
    expect(from({})).toBeUndefined();
    expect(from({ acr: { mfa: 'mfa' } })).toEqual({ acr: 'mfa', amr: [] });
    expect(from({ acr: { mfa: 'silver' } })).toEqual({ acr: 'silver', amr: [] });
    expect(from({ acr: { silver: 'mfa', MFA: 'mfa' } })).toBeUndefined();
    expect(from({ amr: ['otp', 'hwk'] })).toEqual({ amr: ['otp'] });
    expect(from({ authTime: true })).toEqual({ amr: [], authTime: NOW - 10 });
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'is nothing that every object inherits: %s',
    (acr) => {
      expect(loginIn({ acr, amr: [acr] }, loginOfOthers({ acr: { '2': 'mfa' } }), NOW)).toBeUndefined();
    },
  );

  it.each<[string, object]>([
    ['an acr that is a number', { acr: 2 }],
    ['an acr that is a list', { acr: ['mfa'] }],
    ['an empty acr', { acr: '' }],
    ['an amr that is a text', { amr: 'otp' }],
    ['an amr with what is no text', { amr: ['otp', null] }],
    ['an amr that is an object', { amr: { otp: true } }],
    ['an auth_time that is a text', { auth_time: `${NOW}` }],
    ['an auth_time that is negative', { auth_time: -1 }],
    ['an auth_time that is null', { auth_time: null }],
    ['an auth_time that is no number', { auth_time: Number.NaN }],
    ['an auth_time after the token was issued', { auth_time: NOW + 1 }],
    ['an auth_time in milliseconds', { auth_time: NOW * 1000 }],
  ])('is nothing where it is %s', (_, odd) => {
    expect(loginIn(odd as never, OWN_LOGIN, NOW)).toBeUndefined();
  });
});
