import { secretIn } from './sent-secrets.js';

const account = { username: 'ada', password: 'tulip' };
const many = (count: number, value: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`field${index}`, value]));

it('finds what is guessed with its account, up to the third layer', () => {
  const found = secretIn(account);
  expect(found).toContain('tulip');
  expect(secretIn({ data: { attributes: account } })).toBe(found);
  expect(secretIn({ data: { attributes: { more: account } } })).toBeUndefined();
  expect(secretIn({ ...account, password: 'rose' })).not.toBe(found);
  expect(secretIn({ username: 'ada', opinion: 'tulip' })).toBeUndefined();
});

it('looks at fifty fields in all layers together, however many a body has', () => {
  expect(secretIn({ ...many(40, 'x'), ...account })).toBeDefined();
  expect(secretIn({ ...many(50, 'x'), ...account })).toBeUndefined();
  expect(secretIn({ ...many(5, many(10, 'x')), ...account })).toBeUndefined();
  expect(secretIn({ ...many(5, many(3, many(3, 'x'))), ...account })).toBeUndefined();
});
