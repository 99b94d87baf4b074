import fc from 'fast-check';
import { JsonReader } from './json-reader.js';

/** What a reader makes of a text that comes in pieces of so many characters. */
function readIn(pieces: readonly string[], take: (element: unknown, place: string) => boolean = () => false) {
  const reader = new JsonReader(take);
  for (const piece of pieces) reader.write(piece);
  return reader.end();
}
const cut = (text: string, length: number) =>
  Array.from({ length: Math.ceil(text.length / length) }, (_, index) =>
    text.slice(index * length, (index + 1) * length),
  );
const outcome = (read: () => unknown) => {
  try {
    return { value: read() };
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    return 'no JSON';
  }
};

const SNIPPETS = [...'{}[],:" \t\n\r\\-+.eE0195ua\u0000\u00a0\ufeff', '\\u00e9', '\\"', 'true', 'null', 'é'];
const broken = fc
  .tuple(fc.json(), fc.nat(), fc.nat(3), fc.array(fc.constantFrom(...SNIPPETS), { maxLength: 3 }))
  .map(([text, at, removed, put]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + put.join('') + text.slice(place + removed);
  });
const scraps = fc.array(fc.constantFrom(...SNIPPETS), { maxLength: 12 }).map((parts) => parts.join(''));

describe('JSON in pieces', () => {
  it('is taken, and refused, as JSON.parse does it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), broken, scraps), fc.integer({ min: 1, max: 9 }), (text, length) => {
        fc.pre(!text.includes('__proto__'));
        expect(outcome(() => readIn(cut(text, length)))).toEqual(outcome(() => JSON.parse(text)));
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ...[
      '',
      ' ',
      '[1,]',
      '{"a":1,}',
      '[,1]',
      '[1,,2]',
      '[1 2]',
      '[1}',
      '[',
      '[1',
      ']',
      '1 2',
      '{"a"}',
      '{"a":}',
      '{"a":1',
    ],
    ...[
      '{"a":,"b":1}',
      '{"a" "b"}',
      '{1:2}',
      '{a:1}',
      '{,}',
      '{:1}',
      '[:]',
      ',',
      ':',
      '"a',
      '"a\\"',
      '"\\x"',
      '"\u0001"',
    ],
    ...[
      'tru',
      'nan',
      '01',
      '1.',
      '+1',
      '-',
      '\u00a01',
      '[]\ufeff',
      '"a""b"',
      '[]]',
      '{}{}',
      '[1"a"]',
      '{"a":1"b":2}',
    ],
  ])('is not %j', (text) => {
    expect(outcome(() => JSON.parse(text))).toBe('no JSON');
    for (const length of [1, 2, 100]) expect(outcome(() => readIn(cut(text, length)))).toBe('no JSON');
  });

  it.each([
    '"a\\\\"',
    '"\\\\\\""',
    '"\\u00e9"',
    '-0.5e+3',
    ' [ ] ',
    '{"":{}}',
    '"[{"',
    'null',
    '{"a":1,"a":2}',
  ])('is %j', (text) => {
    for (const length of [1, 2, 100]) expect(readIn(cut(text, length))).toEqual(JSON.parse(text));
  });

  it('gives each element of a list with the place of the list, and keeps what is not taken', () => {
    const taken: unknown[] = [];
    const text = '[{"a":[1,{"b":2}]},[3],4]';
    const rest = readIn(cut(text, 3), (element, place) => {
      taken.push([place, structuredClone(element)]);
      return place === '[].a';
    });
    expect(taken).toEqual([
      ['[].a', 1],
      ['[].a', { b: 2 }],
      ['', { a: [] }],
      ['[]', 3],
      ['', [3]],
      ['', 4],
    ]);
    expect(rest).toEqual([{ a: [] }, [3], 4]);
  });

  it('inherits nothing from a value with a special name', () => {
    expect(readIn(['{"__proto__":{"type":"ban"},"a":1}'])).toEqual({ a: 1 });
  });

  it.each([
    ['levels', '['.repeat(65) + ']'.repeat(65)],
    ['characters in one text', `"${'a'.repeat(1_100_000)}"`],
  ])('of too many %s is refused', (_, text) => {
    expect(outcome(() => readIn(cut(text, 16_384)))).toBe('no JSON');
  });
});
