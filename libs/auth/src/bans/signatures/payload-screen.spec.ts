import { ExpressionReader } from './expression-reader.js';
import { neededTexts } from './known-texts.js';
import { screenIsRead, suspicionsOf } from './payload-screen.js';
import { PAYLOAD_SIGNATURES } from './payloads.js';
import { TextScan } from './text-scan.js';

/** Whether a screen for one expression lets a text through to it. */
const letsThrough = ({ source }: RegExp, text: string) =>
  new TextScan([neededTexts(new ExpressionReader(source).read())]).askersIn(text).length > 0;

it.each<[RegExp, found: string, others: string]>([
  [/union\s{1,3}select/i, 'UNION \t Select', 'unions'],
  [/\bor\b/i, 'x or y', 'order for'],
  [/\bor\b/i, 'or', 'xor'],
  [/\Bor/i, 'for', 'fir'],
  [/['"]\s{0,3}or\b/i, "x'  or", "or 'x"],
  [/\sor\s{0,2}\w/i, 'a\nor b', 'a-or b'],
  [/\.bak$/i, 'x.bak', 'x.bak?'],
  [/^\.\./i, '../x', '/..x'],
  [/(?:^|[/;])\.\.\//i, 'a;../', 'a../'],
  [/[\r\n]\s{0,3}host:/i, 'a \r\n \n host:', 'a host:'],
  [/;\s{0,3}id/i, ';\r\n id', 'x id'],
  [/a[^b]{0,9}c\d/i, 'axc7', 'xcb'],
  [/\d{1,12}=/, 'x99=', 'x='],
  [/(['"]?)(\w{1,20})\1=\1\2@/, 'a=a@', 'a a'],
  [/(?:ab|cd){2}e/i, 'cdabe', 'abe'],
  [/(?:foo|ba[rz]{1,9})(?=!)!/, 'barzr!', 'foo'],
  [/\u00e9\0/, 'é\0', 'é'],
  [/a(?!b)c|d{5}/i, 'ddddd', 'a c'],
  [/x(?:y.*)?z{3,}/i, 'xyzzz', 'xy'],
])('lets through to %s what it matches, and not all: %j', (expression, found, other) => {
  expect(expression.test(found)).toBe(true);
  expect(letsThrough(expression, found)).toBe(true);
  expect(letsThrough(expression, other)).toBe(false);
});

it('takes any white space for a space, and no letter beyond ASCII for another one', () => {
  expect(letsThrough(/a\sb/i, 'a\u00a0\u2003b')).toBe(true);
  expect(letsThrough(/a\sb/i, 'aéb')).toBe(false);
  expect(letsThrough(/sk/i, '\u017f\u212a')).toBe(false);
});

it('tells in one look who looks for what', () => {
  const scan = new TextScan([['he', 'x'], ['she'], ['hers'], ['his']]);
  expect(scan.askersIn('ushers')).toEqual([0, 1, 2]);
  expect(scan.askersIn('')).toEqual([]);
});

it.each([/\w+/, /a*/, /x?|y/])('knows that nothing is known of what %s matches', ({ source }) => {
  expect(neededTexts(new ExpressionReader(source).read())).toContain('');
});

it.each([/(?<name>x)/, /\p{L}/u, /\cA/])(
  'reads no expression of which it knows no better: %s',
  ({ source }) => {
    expect(() => new ExpressionReader(source).read()).toThrow('Nothing is known');
  },
);

it('asks all signatures until their needs are read, a turn of the event loop for each', async () => {
  expect(suspicionsOf('/orders/17')).toHaveLength(PAYLOAD_SIGNATURES.length);
  let turns = 0;
  let isRead = false;
  void screenIsRead().then(() => {
    isRead = true;
  });
  for (; !isRead; turns++) await new Promise(setImmediate);
  expect(turns).toBeGreaterThanOrEqual(PAYLOAD_SIGNATURES.length);
  expect(suspicionsOf('/orders')).toEqual([]);
});
