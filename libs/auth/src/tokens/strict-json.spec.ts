import fc from 'fast-check';
import { parseStrictJsonObject } from './strict-json.js';

const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;

describe('a JSON object', () => {
  it.each([
    '{}',
    ' {"a" : 1 ,\n"b":[{"a":1},{"a":2}]} ',
    '{"a":{"a":{"a":1}}}',
    '{"a":"a","b":"a"}',
    '{"a":"\\"a\\":1","b":"{\\"b\\":1}"}',
    '{"a":"x\\\\","b":"y\\\\\\"","c":":"}',
    '{"":1," ":2}',
    '{"a":1,"A":2,"\\u00e9":3,"e\\u0301":4}',
    '{"constructor":1,"toString":2}',
  ])('whose names are all different within each object is read: %s', (text) => {
    expect(parseStrictJsonObject(text)).toEqual(JSON.parse(text));
  });

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"b":2,"a":1}',
    '{"b":{"a":1,"a":1}}',
    '{"b":[0,{"a":1,"c":[],"a":1}]}',
    '{"a":1,"\\u0061":2}',
    '{"sub":"ann","s\\u0075b":"root"}',
    '{"/":1,"\\/":2}',
    '{"\\n":1,"\\u000a":2}',
    '{"\\ud83d\\udd11":1,"🔑":2}',
    '{"":1,"":2}',
    '{"a" \t\n\r: 1, "a"\r\n:2}',
    '{"__proto__":1,"__proto__":2}',
    '{"a":{"a":1},"a":1}',
    '{"x\\\\":1,"x\\\\":2}',
  ])('with a name that stands twice is refused, however it is spelled: %s', (text) => {
    expect(() => JSON.parse(text)).not.toThrow();
    expect(() => parseStrictJsonObject(text)).toThrow(SyntaxError);
  });

  it('may nest 16 deep, in objects and in lists, and no deeper', () => {
    expect(parseStrictJsonObject(nested(16))).toEqual(JSON.parse(nested(16)));
    expect(() => parseStrictJsonObject(nested(17))).toThrow(SyntaxError);
    const list = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    expect(parseStrictJsonObject(list(16))).toEqual(JSON.parse(list(16)));
    expect(() => parseStrictJsonObject(list(17))).toThrow(SyntaxError);
    expect(() => parseStrictJsonObject(list(30_000))).toThrow();
  });

  it('may have many members side by side, for they are not deep', () => {
    const wide = `{"a":[${Array(1_000).fill('{"b":[1]}').join(',')}]}`;
    expect(parseStrictJsonObject(wide)).toEqual(JSON.parse(wide));
  });

  it('that looks deep only inside a text is not', () => {
    const text = JSON.stringify({ a: '[{'.repeat(100), '[[[[[[[[[[[[[[[[[[[[': 1 });
    expect(parseStrictJsonObject(text)).toEqual(JSON.parse(text));
  });

  it.each([
    '',
    'null',
    '[]',
    '[{}]',
    '"a"',
    '1',
    'true',
    '{',
    '{}{}',
    '{"a":1,}',
    "{'a':1}",
    '{a:1}',
    '{"a":NaN}',
  ])('is not: %s', (text) => {
    expect(() => parseStrictJsonObject(text)).toThrow(SyntaxError);
  });

  it('with a byte order mark before it is refused', () => {
    expect(() => parseStrictJsonObject('\ufeff{}')).toThrow(SyntaxError);
  });

  it('of 64 KiB costs next to nothing, however it is made up', () => {
    for (const text of [
      `{"a":"${'\\"'.repeat(32_000)}"}`,
      `{"a":"${'x'.repeat(64_000)}"}`,
      `{"a":[${'"",'.repeat(20_000)}""]}`,
      `{"a":"b"${' '.repeat(64_000)}}`,
    ]) {
      const start = process.cpuUsage();
      parseStrictJsonObject(text);
      expect(process.cpuUsage(start).user).toBeLessThan(1_000_000);
    }
  });
});

describe('whatever is written', () => {
  const shallow = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));

  it('reads as any JSON parser reads it', () => {
    fc.assert(
      fc.property(shallow, fc.nat(3), (value, spaces) => {
        const text = JSON.stringify(value, null, spaces);
        expect(parseStrictJsonObject(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('is refused once any of its names stands there a second time', () => {
    const spelled = (name: string) =>
      `"${[...Array(name.length).keys()]
        .map((at) => `\\u${name.charCodeAt(at).toString(16).padStart(4, '0')}`)
        .join('')}"`;
    fc.assert(
      fc.property(shallow, fc.nat(), fc.boolean(), (value, pick, escaped) => {
        const names = Object.keys(value);
        fc.pre(names.length > 0);
        const name = names[pick % names.length] as string;
        const again = escaped ? spelled(name) : JSON.stringify(name);
        const text = `${JSON.stringify(value).slice(0, -1)},${again}:0}`;
        expect(() => parseStrictJsonObject(text)).toThrow('a name stands twice');
      }),
    );
  });
});
