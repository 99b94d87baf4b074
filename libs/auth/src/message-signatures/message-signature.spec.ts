import { readMessageSignature } from './message-signature.js';
import { componentsOf } from './request-components.js';
import { signatureBase } from './signature-base.js';

const SIGNATURE = 'sig=:AAAA:';
const read = (input: string, signature = SIGNATURE) => readMessageSignature(input, signature);

describe('a signature that is read', () => {
  it('says what it covers, and by what', () => {
    const input =
      'sig=("@method" "x-api-key");created=1;expires=2;nonce="n\\"";keyid="k";alg="ed25519";tag="t"';
    expect(read(input)).toEqual({
      covered: ['@method', 'x-api-key'],
      parameters: { created: 1, expires: 2, nonce: 'n"', keyid: 'k', alg: 'ed25519', tag: 't' },
      input: input.slice('sig='.length),
      signature: new Uint8Array(3),
    });
  });

  it.each([
    ['nothing', ''],
    ['no list', 'sig=1'],
    ['a flag', 'sig'],
    ['no structured field', 'sig=("@method"'],
    ['several signatures', 'sig=("@method"), other=("@method")'],
    ['a label twice', 'sig=("@method"), sig=("@path")'],
    ['a parameter twice', 'sig=("@method");created=1;created=2'],
    ['a component twice', 'sig=("@method" "@method")'],
    ['a component with a parameter', 'sig=("@query-param";name="id")'],
    ['a component of the response', 'sig=("@method";req)'],
    ['a component that is no text', 'sig=(date)'],
    ['a component in capitals', 'sig=("Date")'],
    ['a component that would break out', 'sig=("a\\": b")'],
    ['an unknown parameter', 'sig=("@method");created=1;now'],
    ['a time with a fraction', 'sig=("@method");created=1.5'],
    ['a time as a text', 'sig=("@method");created="1"'],
    ['a time as a date', 'sig=("@method");created=@1'],
    ['a nonce that is a token', 'sig=("@method");nonce=abc'],
    ['a nonce without a value', 'sig=("@method");nonce'],
    ['blanks that nobody writes', 'sig=( "@method")'],
    ['a number that nobody writes', 'sig=("@method");created=01'],
    ['more than 4 KiB', `sig=("@method");nonce="${'n'.repeat(4_096)}"`],
    ['another label than the signature', 'other=("@method")'],
  ])('is none with %s', (_, input) => {
    expect(() => read(input)).toThrow(expect.objectContaining({ name: 'MessageSignatureError' }));
  });

  it.each([
    ['nothing', ''],
    ['a text', 'sig="AAAA"'],
    ['a list', 'sig=(:AAAA:)'],
    ['a parameter', 'sig=:AAAA:;a'],
    ['several', 'sig=:AAAA:, other=:AAAA:'],
    ['no padding', 'sig=:AAA:'],
    ['bits that mean nothing', 'sig=:AAB=:'],
    ['another alphabet', 'sig=:AA-_:'],
    ['more than 4 KiB', `sig=:${'A'.repeat(4_096)}:`],
  ])('is none where the signature is %s', (_, signature) => {
    expect(() => read('sig=("@method")', signature)).toThrow(
      expect.objectContaining({ name: 'MessageSignatureError' }),
    );
  });
});

describe('a component with a parameter', () => {
  it.each([
    ['sig=("date" "content-type";sf)', '"content-type";sf'],
    ['sig=("cache-control";key="max-age")', '"cache-control";key'],
    ['sig=("x-a";bs "date")', '"x-a";bs'],
    ['sig=("@method";req)', '"@method";req'],
    ['sig=("trailer";tr)', '"trailer";tr'],
    ['sig=("@query-param";name="id")', '"@query-param";name'],
  ])('is refused by its name: %s', (input, named) => {
    expect(() => read(input)).toThrow(`${named} is covered, and no parameters are supported`);
  });
});

describe('the base', () => {
  it.each([
    ['is missing', undefined],
    ['begins another line', 'a\n"@method": GET'],
    ['is not ASCII', 'ä'],
  ])('can not be made where a component %s', (_, value) => {
    expect(() => signatureBase({ covered: ['x'], input: '("x")' }, () => value)).toThrow(
      expect.objectContaining({ name: 'MessageSignatureError', message: expect.stringContaining('"x"') }),
    );
  });
});

describe('the components of a request', () => {
  const names = ['@method', '@target-uri', '@authority', '@scheme', '@request-target', '@path', '@query'];
  const valuesFor = (url: string) => names.map(componentsOf({ method: 'GET', field: () => undefined }, url));

  it.each([
    ['https://a.example:8443/x/y?b=%20&?#', 'a.example:8443', 'https', '/x/y?b=%20&?#', '/x/y', '?b=%20&?#'],
    ['http://localhost/', 'localhost', 'http', '/', '/', '?'],
    ['https://a.example', 'a.example', 'https', '/', '/', '?'],
    ['https://a.example?b', 'a.example', 'https', '/?b', '/', '?b'],
    ['https://a.example/?', 'a.example', 'https', '/?', '/', '?'],
  ])('%s', (url, ...values) => {
    expect(valuesFor(url)).toEqual(['GET', url, ...values]);
  });

  it('are what came, by name, and else not there', () => {
    const read = componentsOf({ method: 'GET', field: (name) => `<${name}>` }, 'https://a.example/');
    expect([read('x-a'), read('@status'), read('@signature-params')]).toEqual([
      '<x-a>',
      undefined,
      undefined,
    ]);
  });
});
