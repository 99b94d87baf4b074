import fc from 'fast-check';
import { isDemandableScope, isGrantableScope, ScopeSet, scopesWithin } from './scopes.js';

const word = fc.stringMatching(/^[a-z0-9._-]{1,6}$/);

/** Scopes at, around and far from a resource. */
const near = (resource: string) =>
  fc.oneof(
    word.map((action) => `${resource}:${action}`),
    word.map((suffix) => `${resource}${suffix}:read`),
    word.map((prefix) => `${prefix}${resource}:read`),
    fc.constantFrom(resource, `${resource}:`, resource.toUpperCase(), `${resource}:a:b`),
    fc.string().filter(isDemandableScope),
  );
const resourceAndScope = word.chain((resource) => fc.tuple(fc.constant(resource), near(resource)));

describe('a set of granted scopes', () => {
  it('covers a scope that was granted by name, and no other', () => {
    fc.assert(
      fc.property(resourceAndScope, fc.array(word), ([resource, scope], others) => {
        const set = new ScopeSet([resource, `${resource}:read`, ...others]);
        expect(set.has(scope)).toBe([resource, `${resource}:read`, ...others].includes(scope));
      }),
    );
  });

  it('covers by a wildcard exactly what starts with its prefix', () => {
    fc.assert(
      fc.property(resourceAndScope, ([resource, scope]) => {
        expect(new ScopeSet([`${resource}:*`]).has(scope)).toBe(scope.startsWith(`${resource}:`));
      }),
    );
  });

  it('covers nothing by a bare *', () => {
    fc.assert(
      fc.property(fc.string().filter(isDemandableScope), (scope) => {
        expect(new ScopeSet(['*']).has(scope)).toBe(false);
      }),
    );
  });

  it.each(['parcels', 'parcelsx:read', 'parcel:read', 'Parcels:read', 'reports:read'])(
    'does not cover %s by parcels:*',
    (scope) => {
      expect(new ScopeSet(['parcels:*']).has(scope)).toBe(false);
    },
  );

  it('covers every level below a wildcard', () => {
    const set = new ScopeSet(['parcels:*', 'reports:volume:*']);
    expect(set.has('parcels:labels:print')).toBe(true);
    expect(set.has('reports:volume:read')).toBe(true);
    expect(set.has('reports:read')).toBe(false);
  });

  it('takes a * elsewhere than at the end to the letter', () => {
    const set = new ScopeSet(['*:read', 'par*', 'parcels:re*']);
    expect(['parcels:read', 'parcels', 'parcels:remove'].some((scope) => set.has(scope))).toBe(false);
  });
});

describe('a demand', () => {
  const set = new ScopeSet(['parcels:*', 'reports:read']);

  it.each([
    [true, [], []],
    [true, ['parcels:read', 'reports:read'], []],
    [false, ['parcels:read', 'reports:write'], []],
    [true, [], [['reports:write', 'reports:read'], ['parcels:read']]],
    [false, [], [['reports:write', 'reports:read'], ['stock:read']]],
    [false, ['stock:read'], [['parcels:read']]],
  ])('is met: %s by all of %j and one of each of %j, as often as it is asked', (isMet, allOf, anyOf) => {
    const demand = { allOf, anyOf };
    expect([set.meets(demand), set.meets(demand)]).toEqual([isMet, isMet]);
  });

  it('is met by nobody because another one was', () => {
    expect(set.meets({ allOf: ['parcels:read'], anyOf: [] })).toBe(true);
    expect(set.meets({ allOf: ['stock:read'], anyOf: [] })).toBe(false);
  });
});

describe('what of some scopes lies within others', () => {
  // Everything that can be demanded and granted with two words and three levels.
  const words = ['a', 'b'];
  const below = (scopes: string[]) => scopes.flatMap((scope) => words.map((name) => `${scope}:${name}`));
  const demandable = [words, below(words), below(below(words))].flat();
  const grantable = [...demandable, ...[...words, ...below(words)].map((scope) => `${scope}:*`)];
  const grants = fc.uniqueArray(fc.constantFrom(...grantable), { maxLength: 6 });

  /** The definition of a grant, by letters. */
  const covers = (granted: readonly string[], demanded: string) =>
    granted.some((one) => (one.endsWith(':*') ? demanded.startsWith(one.slice(0, -1)) : one === demanded));

  it('lets in exactly what both let in', () => {
    fc.assert(
      fc.property(grants, grants, (granted, limit) => {
        const both = demandable.filter((scope) => covers(granted, scope) && covers(limit, scope));
        const within = scopesWithin(granted, limit);
        expect(demandable.filter((scope) => covers(within, scope))).toEqual(both);
        expect(demandable.filter((scope) => new ScopeSet(within).has(scope))).toEqual(both);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is made of what was granted and of the limit, each once, and can be granted', () => {
    fc.assert(
      fc.property(grants, grants, (granted, limit) => {
        const within = scopesWithin(granted, limit);
        expect(within.every((scope) => granted.includes(scope) || limit.includes(scope))).toBe(true);
        expect(new Set(within).size).toBe(within.length);
        expect(within.every(isGrantableScope)).toBe(true);
      }),
    );
  });

  it('is the same whichever comes first, and everything within itself', () => {
    fc.assert(
      fc.property(grants, grants, (granted, limit) => {
        expect(new Set(scopesWithin(granted, limit))).toEqual(new Set(scopesWithin(limit, granted)));
        expect(scopesWithin(granted, granted)).toEqual(granted);
        expect(scopesWithin(granted, [])).toEqual([]);
      }),
    );
  });

  it.each<[string[], string[], string[]]>([
    [['parcels:*'], ['parcels:read'], ['parcels:read']],
    [['parcels:read'], ['parcels:*'], ['parcels:read']],
    [['parcels:*'], ['parcels:labels:*'], ['parcels:labels:*']],
    [['parcels:*'], ['parcels', 'parcel:read', 'parcelsx:read'], []],
    [['parcels:read'], ['*'], []],
  ])('%j within %j is %j', (granted, limit, within) => {
    expect(scopesWithin(granted, limit)).toEqual(within);
  });
});

describe('a scope', () => {
  /** RFC 6749 section 3.3, written the other way round. */
  const isScopeToken = (text: string) =>
    text !== '' && [...text].every((letter) => letter > ' ' && letter < '\x7f' && !'"\\'.includes(letter));
  const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'ab:*" \\~!\x7f\n') }));

  it('may be demanded when it is one word of RFC 6749 without a *', () => {
    fc.assert(
      fc.property(text, (scope) => {
        expect(isDemandableScope(scope)).toBe(isScopeToken(scope) && !scope.includes('*'));
      }),
    );
  });

  it('may be granted when it may be demanded, or is that with :* behind it', () => {
    fc.assert(
      fc.property(text, (scope) => {
        expect(isGrantableScope(scope)).toBe(isDemandableScope(scope.replace(/(?<=.):\*$/s, '')));
      }),
    );
  });

  it.each(['', ' ', 'a b', '*', 'parcels:*', 'par*ls', 'a"b', 'a\\b', 'grün', 'a\n'])(
    'such as %j can not be demanded',
    (scope) => {
      expect(isDemandableScope(scope)).toBe(false);
    },
  );

  it.each(['', '*', ':*', '**', 'parcels:**', '*:read', 'parcels:* ', 'a b:*', 'parcels*'])(
    'such as %j can not be granted',
    (scope) => {
      expect(isGrantableScope(scope)).toBe(false);
    },
  );

  it.each([undefined, null, 1, ['parcels:read'], {}])('is a text, unlike %j', (value) => {
    expect(isDemandableScope(value)).toBe(false);
    expect(isGrantableScope(value)).toBe(false);
  });
});
