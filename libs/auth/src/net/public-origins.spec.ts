import { PublicOrigins } from './public-origins.js';

const plain = new PublicOrigins(['https://api.example']);

describe('the URLs of a path', () => {
  it.each<[string, ConstructorParameters<typeof PublicOrigins>[0], string, string[]]>([
    ['an origin alone', ['https://api.example'], '/parcels?a=1', ['https://api.example/parcels?a=1']],
    ['in one spelling', ['HTTPS://API.example:443/'], '/parcels', ['https://api.example/parcels']],
    ['another port', ['https://api.example:8443'], '/', ['https://api.example:8443/']],
    ['behind a proxy that takes a path away', ['https://a.example/v1'], '/p', ['https://a.example/v1/p']],
    ['a slash at the end of it', ['https://a.example/v1/'], '/p', ['https://a.example/v1/p']],
    ['all of the path', ['https://a.example/v1'], '/', ['https://a.example/v1/', 'https://a.example/v1']],
    [
      'all of it, and a query',
      ['https://a.example/v1'],
      '/?q',
      ['https://a.example/v1/?q', 'https://a.example/v1?q'],
    ],
    [
      'behind a proxy that adds one',
      [{ url: 'https://a.example', path: '/in' }],
      '/in/p',
      ['https://a.example/p'],
    ],
    [
      'behind one that replaces it',
      [{ url: 'https://a.example/v1', path: '/in' }],
      '/in/p',
      ['https://a.example/v1/p'],
    ],
    ['elsewhere in the app', [{ url: 'https://a.example', path: '/in' }], '/internal/p', []],
    [
      'several',
      ['https://a.example', 'https://b.example/x'],
      '/p',
      ['https://a.example/p', 'https://b.example/x/p'],
    ],
    ['none', [], '/p', []],
  ])('%s', (_, origins, target, urls) => {
    expect(new PublicOrigins(origins).urlsOf(target)).toEqual(urls);
  });
});

describe('whether a URL is that of a path', () => {
  it.each([
    ['https://api.example/parcels', '/parcels'],
    ['HTTPS://API.EXAMPLE:443/parcels', '/parcels'],
    ['https://api.example/a/../parcels/./', '/parcels/'],
    ['https://api.example/%7euser/%c3%a4', '/~user/%C3%A4'],
    ['https://api.example/~user', '/%7Euser'],
    ['https://api.example', '/'],
    ['https://api.example/parcels?page=2#top', '/parcels'],
    ['https://api.example/{id}', '/{id}'],
    ['https://api.example/%7Bid%7D', '/{id}'],
    ['https://api.example//x', '//x'],
  ])('%s is that of %s', (url, path) => {
    expect(plain.matches(url, path)).toBe(true);
  });

  it.each([
    ['https://api.example/Parcels', '/parcels'],
    ['https://api.example/parcels/', '/parcels'],
    ['https://api.example/a%2Fb', '/a/b'],
    ['http://api.example/parcels', '/parcels'],
    ['https://api.example:8443/parcels', '/parcels'],
    ['https://api.example.evil.example/parcels', '/parcels'],
    ['https://api.example@evil.example/parcels', '/parcels'],
    ['https://user@api.example/parcels', '/parcels'],
    ['/parcels', '/parcels'],
    ['//api.example/parcels', '/parcels'],
    ['javascript:/parcels', '/parcels'],
    ['https://api.example/par\tcels', '/parcels'],
    [' https://api.example/parcels', '/parcels'],
    ['https://api.example\\parcels', '/parcels'],
    ['https://api.example/x', '/a/../x'],
    ['https://api.example/a/../x', '/a/../x'],
    ['https://api.example/x', '/a/%2E%2e/x'],
    ['https://api.example/a/x', '/a\\x'],
    ['', '/'],
  ])('%j is not that of %s', (url, path) => {
    expect(plain.matches(url, path)).toBe(false);
  });
});
