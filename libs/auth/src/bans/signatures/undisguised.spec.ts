import { undisguised, undisguisedPath, undisguisedTarget } from './undisguised.js';

const PADDING = 'x'.repeat(15_000);
const READERS = { undisguised, undisguisedTarget, undisguisedPath };

describe.each(Object.entries(READERS))('%s', (_name, read) => {
  it.each([
    ['/%2e%2e/etc/passwd', 'percent-encoding'],
    ['/%252e%252e/etc/passwd', 'percent-encoding, twice'],
    ['/%25252e%25252e/etc/passwd', 'percent-encoding, three times'],
    ['/%c0%ae%c0%ae/etc/passwd', 'overlong UTF-8'],
    ['/%c0%2e%2e/etc/passwd', 'overlong UTF-8 whose second byte is none'],
    ['/%u002e%u002e/etc/passwd', 'UTF-16'],
    ['/%2e%2e/etc/passwd%ff', 'percent-encoding beside a byte that is no UTF-8'],
    ['/%26%2346;&#x2e;/etc/passwd', 'entities, one of them encoded'],
    ['/%EF%BC%8E%EF%BC%8E/etc/passwd', 'wide letters'],
  ])('reads %s as it is meant: %s', (disguised) => {
    const plain = read(disguised).replaceAll('\\', '/');
    expect(plain).toContain('etc/passwd');
    expect(plain).not.toMatch(/%(?!$)|#|2e/i);
  });

  it('leaves of a long text what comes before and after its padding', () => {
    expect(read(`/%2e%2e/etc/passwd?${PADDING}`)).toContain('/../etc/passwd');
    expect(read(`/${PADDING}/%2e%2e/etc/passwd`)).toContain('/../etc/passwd');
    expect(read(`/%2e%2e/etc/passwd?${PADDING}`).length).toBeLessThan(2_100);
    expect(read('%2527'.repeat(3_000)).length).toBeLessThan(2_100);
  });
});

it.each([undisguised, undisguisedTarget])(
  '%p reads escapes of scripts, which a path of URLs has none of',
  (read) => {
    expect(read('/a?b=\\u003c\\x73cript')).toContain('<script');
  },
);

it.each([
  ['a%2Fb', 'a/b'],
  ['a\\u002Fb', 'a/b'],
  ['a\\x2Fb', 'a/b'],
  ['a&#47;b', 'a/b'],
  ['a&SOL;b', 'a/b'],
  ['a\uff0fb', 'a/b'],
  ['a/*x*/b', 'a b'],
  ['a\tb', 'a b'],
  ['a  b', 'a b'],
  ['a//b', 'a/b'],
  ['a/./b', 'a/b'],
  ['https://a/b?c=d&e', 'https://a/b?c=d&e'],
])('reads %j, with one disguise at most, as %j', (text, plain) => {
  expect(undisguised(text)).toBe(plain);
});

it('leaves of a long text without disguise no more than of others', () => {
  expect(undisguised(PADDING).length).toBeLessThan(2_100);
});
