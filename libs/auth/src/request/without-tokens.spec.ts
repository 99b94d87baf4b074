import { withoutTokens } from './without-tokens.js';

const SIGNED = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln-bmF0_dXJl';
const ENCRYPTED = 'eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn';

describe('a path in an event', () => {
  it.each([
    [`/verify/${SIGNED}`, '/verify/(a token)'],
    [`/verify/${SIGNED}/now`, '/verify/(a token)/now'],
    [`/verify/${SIGNED.replaceAll('.', '%2E')}`, '/verify/(a token)'],
    [`/verify/${SIGNED.replaceAll('.', '%2e')}`, '/verify/(a token)'],
    [`/v/${ENCRYPTED}`, '/v/(a token)'],
    [`/${SIGNED}/${ENCRYPTED}`, '/(a token)/(a token)'],
    [`/verify-${SIGNED}`, '/verify-(a token)'],
    [`/t;a=${SIGNED},b=${SIGNED}`, '/t;a=(a token),b=(a token)'],
    [`/t/${SIGNED}%2C${SIGNED}`, '/t/(a token)%2C(a token)'],
    [`/cb/eyJzIjoxfQ%7C${SIGNED}`, '/cb/eyJzIjoxfQ%7C(a token)'],
    [`/cb/eyJzIjoxfQ%3D%3D${SIGNED}`, '/cb/eyJzIjoxfQ%3D%3D(a token)'],
    [`/cb/eyJzIjoxfQ%${SIGNED}`, '/cb/eyJzIjoxfQ%(a token)'],
    [`/unsigned/${SIGNED.slice(0, SIGNED.lastIndexOf('.') + 1)}`, '/unsigned/(a token)'],
  ])('holds no token: %s', (path, said) => {
    expect(withoutTokens(path)).toBe(said);
  });

  it.each(['/parcels/7', '/eyJunk', '/files/eyJ.png', '/a.b.c'])('is as it was without one: %s', (path) => {
    expect(withoutTokens(path)).toBe(path);
  });
});
