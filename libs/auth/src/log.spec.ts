import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Log, printable } from './log.js';

const ODD = /[\p{C}\p{Zl}\p{Zp}]/u;
// Above the second plane most are alike: unassigned or private.
const codePoints = Array.from({ length: 0x11_0000 }, (_, code) => code).filter(
  (code) => code < 0x1_0000 || code % 64 === 1 || (code >= 0xe_0000 && code < 0xe_0200),
);

describe('a printable text', () => {
  it.each(['two words', 'größe/日本', 'say "hello"', 'C:\\keys', ''])('is %j as it stands', (text) => {
    expect(printable(text)).toBe(text);
  });

  it.each([
    ['a line feed', 'a\nb', 'a\\nb'],
    ['a carriage return', 'a\rb', 'a\\u000db'],
    ['a tab', 'a\tb', 'a\\u0009b'],
    ['a null', 'a\0b', 'a\\u0000b'],
    ['an escape sequence', '\u001b[2J', '\\u001b[2J'],
    ['one of eight bits', '\u009b2J', '\\u009b2J'],
    ['a next line', 'a\u0085b', 'a\\u0085b'],
    ['a delete', 'a\u007f', 'a\\u007f'],
    ['separators', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['a change of the direction of writing', 'a\u202etxt\u2066', 'a\\u202etxt\\u2066'],
    ['marks of a direction', '\u200e\u200f\u061c', '\\u200e\\u200f\\u061c'],
    ['what has no width', 'a\u200b\ufeff', 'a\\u200b\\ufeff'],
    ['an invisible tag', 'a\u{e0041}', 'a\\udb40\\udc41'],
    ['half of a pair', 'a\ud800', 'a\\ud800'],
  ])('has %s escaped', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('holds no character that is none', () => {
    const all = codePoints.map((code) => String.fromCodePoint(code)).join('');
    expect(ODD.test(printable(all))).toBe(false);
  });
});

describe('the log', () => {
  const text = 'x\n[Nest] 1 - LOG forged\u001b[2J';
  const shown = 'x\\n[Nest] 1 - LOG forged\\u001b[2J';

  it.each(['error', 'warn', 'log', 'debug'] as const)('has no line of others, at level %s', (level) => {
    const spy = jest.spyOn(Logger.prototype, level).mockImplementation(() => {});
    new Log()[level](text);
    new Log().write(level, text);
    expect(spy.mock.calls).toEqual([[shown], [shown]]);
    spy.mockRestore();
  });

  it('keeps the lines of a stack, and none of its message', () => {
    const spy = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    new Log().error('It failed', new Error(`${text}\n  at night\nat all\n    at forged (x.js:1:1)`));
    const [message, written] = spy.mock.calls[0] as [string, string];
    expect(message).toBe('It failed');
    const lines = written.split('\n');
    expect(lines[0]).toBe(`Error: ${shown}\\n  at night\\nat all\\n    at forged (x.js:1:1)`);
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {4}at /);
    spy.mockRestore();
  });
});
