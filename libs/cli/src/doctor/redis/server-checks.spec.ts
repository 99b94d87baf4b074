import { checkVersion } from './server-checks.js';

it.each([
  ['ok', { redis_version: '7.0.15' }],
  ['ok', { redis_version: '7.2.4', server_name: 'valkey', valkey_version: '8.1.0' }],
  ['ok', { redis_version: '10.0.0' }],
  ['FAIL', { redis_version: '6.2.14' }],
  ['FAIL', {}],
])('finds %s of a server that says %j', (state, info: Record<string, string>) => {
  expect(checkVersion(info).state).toBe(state);
});
