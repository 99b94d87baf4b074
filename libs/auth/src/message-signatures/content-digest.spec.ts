import { isDigestOf } from './content-digest.js';

const CONTENT = Buffer.from('{"hello": "world"}');
/** RFC 9530, appendix A, and RFC 9421, appendix B.2. */
const SHA_256 = 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:';
const SHA_512 =
  'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:';
const OTHER = 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:';

it.each([SHA_256, SHA_512, `${SHA_256}, ${SHA_512}`, `md5=:AAAA:, ${SHA_256}`, `unixsum=1, ${SHA_512};a=b`])(
  'takes %s',
  (header) => {
    expect(isDigestOf(header, CONTENT)).toBe(true);
  },
);

it.each([
  '',
  'md5=:AAAA:',
  'sha=:AAAA:',
  OTHER,
  `${SHA_256}, ${OTHER}`,
  `${SHA_512}, ${OTHER}`,
  SHA_256.toUpperCase(),
  'sha-256',
  'sha-256="X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="',
  'sha-256=(:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:)',
  'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=',
])('refuses %s', (header) => {
  expect(isDigestOf(header, CONTENT)).toBe(false);
});

it('tells no body from another one', () => {
  expect([isDigestOf(OTHER, Buffer.alloc(0)), isDigestOf(SHA_256, Buffer.alloc(0))]).toEqual([true, false]);
});
