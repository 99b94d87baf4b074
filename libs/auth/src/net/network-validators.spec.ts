import { validateSync } from 'class-validator';
import { IsSecureResource, IsSecureUrl } from './network-validators.js';

class Urls {
  @IsSecureUrl()
  readonly url: unknown;
  @IsSecureResource()
  readonly resource: unknown;

  constructor(value: unknown) {
    this.url = value;
    this.resource = value;
  }
}

/** Which of the two a value may not be. */
const blamed = (value: unknown) => validateSync(new Urls(value)).map(({ property }) => property);

it.each(['https://api.example', 'https://api.example/a/', 'http://localhost:3000'])(
  'a URL may be %s',
  (value) => {
    expect(blamed(value)).toEqual([]);
  },
);

it.each(['https://api.example?a=b', 'https://api.example/c?d=/e?f', 'http://127.0.0.1/?'])(
  'only a resource may be %s',
  (value) => {
    expect(blamed(value)).toEqual(value.endsWith('/?') ? [] : ['url']);
  },
);

it.each([
  'http://api.example?a',
  'https://api.example?a#b',
  'https://api.example#a?b',
  'https://api.example?a\\"',
  'https://ada:secret@api.example?a',
  'ftp://api.example',
  '?a',
  '',
  undefined,
  1,
])('neither may be %j', (value) => {
  expect(blamed(value)).toEqual(['url', 'resource']);
});
