import { networkFileSystemOf } from './network-file-systems.js';

it.each([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xff534d42 - 2 ** 32, 'CIFS'],
  [0xef53, undefined],
])('knows a network drive by its type %i', (type, name) => {
  expect(networkFileSystemOf(type)).toBe(name);
});
