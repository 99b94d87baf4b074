import { TextTable } from './text-table.js';

it('remembers what is known of a text', () => {
  const table = new TextTable<string>();
  table.set('/parcels?page=1', 'first');
  expect(table.get(['/parcels', 'page=1'].join('?'))).toBe('first');
  expect(table.get('/parcels?page=2')).toBeUndefined();
  expect(table.get('')).toBeUndefined();
});

it('never takes one text for another, though they have one place', () => {
  const table = new TextTable<string>();
  // As long, and alike in all that their place goes by.
  const [one, other] = ['/a/key=clean/b', '/a/kex=clean/b'];
  table.set(one, 'one');
  expect(table.get(other)).toBeUndefined();
  table.set(other, 'other');
  expect([table.get(one), table.get(other)]).toEqual([undefined, 'other']);
});
