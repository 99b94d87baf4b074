import { type IpAddress, parseIpAddress } from '../net/ip-address.js';
import { keptHeaders } from './kept-headers.js';

const CLIENT = parseIpAddress('192.0.2.1') as IpAddress;
const OTHER = parseIpAddress('192.0.2.2') as IpAddress;

it('are those that a connection sent before, where the same come again', () => {
  const [connection, first] = [{}, ['Host', 'a', 'X-A', '1']];
  expect(keptHeaders(connection, CLIENT, first)).toBe(first);
  expect(keptHeaders(connection, CLIENT, [...first])).toBe(first);
});

it.each([
  ['another value', ['Host', 'a', 'X-A', '2']],
  ['another name', ['Host', 'a', 'X-B', '1']],
  ['another order', ['X-A', '1', 'Host', 'a']],
  ['one more', ['Host', 'a', 'X-A', '1', 'X-A', '1']],
  ['one less', ['Host', 'a']],
])('are its own for a request with %s, and for the next one', (_, other) => {
  const [connection, first] = [{}, ['Host', 'a', 'X-A', '1']];
  keptHeaders(connection, CLIENT, first);
  expect(keptHeaders(connection, CLIENT, other)).toBe(other);
  const again = [...first];
  expect(keptHeaders(connection, CLIENT, again)).toBe(again);
});

it('are no others than those of the same connection', () => {
  const [first, other] = [
    ['X-A', '1'],
    ['X-A', '1'],
  ];
  keptHeaders({}, CLIENT, first);
  expect(keptHeaders({}, CLIENT, other)).toBe(other);
});

it('are not kept where they are long', () => {
  const [connection, first] = [{}, ['X-A', 'a'.repeat(4_000)]];
  keptHeaders(connection, CLIENT, first);
  const again = [...first];
  expect(keptHeaders(connection, CLIENT, again)).toBe(again);
});

it('are compared with no others than those of the same client', () => {
  const [connection, first] = [{}, ['X-A', '1']];
  keptHeaders(connection, CLIENT, first);
  const [others, again] = [[...first], [...first]];
  expect(keptHeaders(connection, OTHER, others)).toBe(others);
  expect(keptHeaders(connection, CLIENT, again)).toBe(again);
});
