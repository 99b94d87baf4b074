import { printable, textOf } from './printable.js';

const SECRET = 'GHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw2HeRjz';
const KEY = ['ptc_live_0123456789ABCDEF', SECRET].join('_');

describe('a printable text', () => {
  it.each(['src/main.ts', 'C:\\keys\\a.txt', 'two words', 'größe/日本.txt', 'say "hello"'])(
    'is %s as it stands',
    (text) => {
      expect(printable(text)).toBe(text);
    },
  );

  it.each([
    ['a line break', 'a\nb', '"a\\nb"'],
    ['an escape sequence', '\u001b[2J', '"\\u001b[2J"'],
    ['a control character of eight bits', '\u009b2J', '"\\u009b2J"'],
    ['a delete', 'a\u007f', '"a\\u007f"'],
    ['a change of the direction of writing', 'a\u202etxt', '"a\\u202etxt"'],
    ['a separator of lines', 'a\u2028b', '"a\\u2028b"'],
    ['an invisible tag outside of the basic plane', 'a\u{e0041}', '"a\\udb40\\udc41"'],
    ['half of a pair', 'a\ud800', '"a\\ud800"'],
    ['a quote in front', '"a"', '"\\"a\\""'],
  ])('is quoted because of %s', (_, text, quoted) => {
    expect(printable(text)).toBe(quoted);
    expect(JSON.parse(printable(text))).toBe(text);
  });

  it('shows of a key what names it, and keeps what is around it', () => {
    const text = printable(`${KEY}, backup of ${KEY}.txt`);
    expect(text).toBe('ptc_live_0123456789ABCDEF_…, backup of ptc_live_0123456789ABCDEF_….txt');
  });
});

it('bytes that are no UTF-8 are read as Latin 1', () => {
  expect(textOf(Buffer.from('größe'))).toBe('größe');
  expect(textOf(Buffer.from('größe', 'latin1'))).toBe('größe');
});
