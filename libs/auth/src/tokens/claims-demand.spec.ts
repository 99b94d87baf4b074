import fc from 'fast-check';
import { describeDemand, meets } from './claims-demand.js';

const CLAIMS = { department: 'fraud', level: 3, staff: true, groups: ['a', 'b'], empty: [], nothing: null };

describe('a demand for claims is met', () => {
  it.each<[Record<string, string | number | boolean>]>([
    [{ department: 'fraud' }],
    [{ level: 3 }],
    [{ staff: true }],
    [{ groups: 'b' }],
    [{ department: 'fraud', groups: 'a', level: 3 }],
  ])('by the value, or by a list that contains it: %j', (demand) => {
    expect(meets(demand, CLAIMS)).toBe(true);
  });

  it('by a predicate that returns true', () => {
    expect(meets(({ level }) => (level as number) > 2, CLAIMS)).toBe(true);
  });
});

describe('a demand for claims is not met', () => {
  it.each<[Record<string, string | number | boolean>]>([
    [{ department: 'Fraud' }],
    [{ department: 'frau' }],
    [{ department: 'fraud', level: 4 }],
    [{ level: '3' }],
    [{ staff: 1 }],
    [{ staff: 'true' }],
    [{ groups: 'a,b' }],
    [{ groups: 'c' }],
    [{ empty: '' }],
    [{ nothing: 'null' }],
    [{ nothing: false }],
    [{ missing: false }],
    [{ missing: 'undefined' }],
  ])('by another value, another type, or its absence: %j', (demand) => {
    expect(meets(demand, CLAIMS)).toBe(false);
  });

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'by what every object has: %s',
    (name) => {
      expect(meets(JSON.parse(`{"${name}":"x"}`), CLAIMS)).toBe(false);
    },
  );

  it('by a predicate that throws, or returns anything but true', () => {
    const returning = (value: unknown) => (() => value) as () => boolean;
    for (const value of [
      false,
      undefined,
      null,
      1,
      'true',
      {},
      Promise.resolve(true),
      Promise.resolve(false),
    ]) {
      expect(meets(returning(value), CLAIMS)).toBe(false);
    }
    const throwing = () => {
      throw new Error('broken');
    };
    expect(meets(throwing, CLAIMS)).toBe(false);
  });
});

it('whatever the claims are, a demand is met exactly by the value itself or in a list', () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean());
  fc.assert(
    fc.property(fc.string(), value, fc.jsonValue(), (name, demanded, claimed) => {
      const claims = Object.fromEntries([[name, claimed]]);
      const expected = claimed === demanded || (Array.isArray(claimed) && claimed.includes(demanded));
      expect(meets(Object.fromEntries([[name, demanded]]), claims)).toBe(expected);
      expect(meets(Object.fromEntries([[name, demanded]]), Object.fromEntries([[name, [demanded]]]))).toBe(
        true,
      );
    }),
  );
});

it('a demand is described by its names, never by its values', () => {
  const isAdult = () => true;
  expect(describeDemand({ department: 'fraud', level: 3 })).toBe('department, level');
  expect(describeDemand(isAdult)).toBe('isAdult');
  expect(describeDemand(() => true)).toBe('a predicate');
});
