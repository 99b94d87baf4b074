import fc from 'fast-check';
import { fromSqlText, toSqlText } from './text.js';

/** Any code units at all, and what looks like an escape. */
const anyText = fc
  .array(
    fc.oneof(
      fc.nat(0xffff).map((code) => String.fromCharCode(code)),
      fc.constantFrom('\0', '\\', '\\u0000', '\\u005c', 'u0000', '\ud800', '\udc00', '\ufeff'),
    ),
  )
  .map((parts) => parts.join(''));

describe('a text in a database', () => {
  it('comes back as it was, whatever its code units', () => {
    fc.assert(fc.property(anyText, (text) => fromSqlText(toSqlText(text)) === text));
  });

  it('is another one for every other text', () => {
    fc.assert(
      fc.property(
        anyText,
        anyText,
        (one, other) => (one === other) === (toSqlText(one) === toSqlText(other)),
      ),
    );
  });

  it('is well-formed and holds no control character', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const written = toSqlText(text);
        return Buffer.from(written).toString() === written && !/\p{Cc}/u.test(written);
      }),
    );
  });

  it.each(['O’Brien, 100%', 'GET /parcels?a=b', '日本 🔑', '203.0.113.7/32', ''])(
    'is kept as it is where any database keeps it: %s',
    (text) => {
      expect(toSqlText(text)).toBe(text);
    },
  );

  it('is readable where it is not', () => {
    expect(toSqlText('a\0b\\c\ud800')).toBe('a\\u0000b\\u005cc\\ud800');
  });
});
