import fc from 'fast-check';
import { SortedEntries } from './sorted-entries.js';

const byNumber = (one: number, other: number) => one - other;

describe('entries in an order', () => {
  it('come as from a sorted list, in whatever order they were added and removed', () => {
    const entry = fc.integer({ min: 0, max: 5_000 });
    fc.assert(
      fc.property(
        fc.uniqueArray(entry, { maxLength: 2_000, size: 'max' }),
        fc.uniqueArray(entry, { maxLength: 1_000, size: 'max' }),
        entry,
        (added, removed, place) => {
          const entries = new SortedEntries<number, number>(byNumber);
          for (const each of added) entries.add(each);
          for (const each of removed) entries.remove(each);
          const left = added.filter((each) => !removed.includes(each)).sort(byNumber);
          expect([...entries.upwards()]).toEqual(left);
          expect([...entries.downwards()]).toEqual(left.toReversed());
          expect([...entries.upwards(place)]).toEqual(left.filter((each) => each > place));
          expect([...entries.downwards(place)]).toEqual(left.filter((each) => each < place).toReversed());
        },
      ),
      { numRuns: 20 },
    );
  });

  it('are not walked through for one, however many there are', () => {
    let compared = 0;
    const entries = new SortedEntries<number, number>((one, other) => {
      compared++;
      return one - other;
    });
    const count = 100_000;
    // A prime: each comes once, and none beside the one before.
    for (let index = 0; index < count; index++) entries.add((index * 7_919) % count);
    for (let index = 0; index < count; index++) entries.remove((index * 104_729) % count);
    expect([...entries.upwards()]).toEqual([]);
    expect(compared).toBeLessThan(2 * count * 25);
  });
});
