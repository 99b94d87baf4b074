import { keptHeaders } from './kept-headers.js';

it('are those that a connection sent before, where the same come again', () => {
  const [connection, first] = [{}, ['Host', 'a', 'X-A', '1']];
  expect(keptHeaders(connection, first)).toBe(first);
  expect(keptHeaders(connection, [...first])).toBe(first);
});

it.each([
  ['another value', ['Host', 'a', 'X-A', '2']],
  ['another name', ['Host', 'a', 'X-B', '1']],
  ['another order', ['X-A', '1', 'Host', 'a']],
  ['one more', ['Host', 'a', 'X-A', '1', 'X-A', '1']],
  ['one less', ['Host', 'a']],
])('are its own for a request with %s, and for the next one', (_, other) => {
  const [connection, first] = [{}, ['Host', 'a', 'X-A', '1']];
  keptHeaders(connection, first);
  expect(keptHeaders(connection, other)).toBe(other);
  const again = [...first];
  expect(keptHeaders(connection, again)).toBe(again);
});

it('are no others than those of the same connection', () => {
  const [first, other] = [
    ['X-A', '1'],
    ['X-A', '1'],
  ];
  keptHeaders({}, first);
  expect(keptHeaders({}, other)).toBe(other);
  expect(keptHeaders(undefined, other)).toBe(other);
});

it('are not kept where they are long', () => {
  const [connection, first] = [{}, ['X-A', 'a'.repeat(4_000)]];
  keptHeaders(connection, first);
  const again = [...first];
  expect(keptHeaders(connection, again)).toBe(again);
});
