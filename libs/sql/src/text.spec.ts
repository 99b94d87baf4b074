import fc from 'fast-check';
import { fromSqlText, toSqlText } from './text.js';

/** Any code units at all. */
const anyText = fc
  .array(fc.oneof(fc.nat(0xffff), fc.constantFrom(0, 0x5c, 0x75, 0x30, 0xd800, 0xdc00, 0xfeff)))
  .map((codes) => String.fromCharCode(...codes));

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
