import { readFileSync } from 'node:fs';
import { DEFAULT_STRIKE_RULES, type StrikeRule } from '@portcullis/auth';

/** Of the option `bans.strikeLimit`. */
const LIMIT = 100;
const SECONDS = { s: 1, min: 60, h: 3_600, day: 86_400 } as const;

/** The rows of the guide's table of rules: names, what bans, within which time. */
const rows = readFileSync('docs/guides/bans.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| `[\w-]+`/.test(line) && line.split('|').length === 5)
  .map((line) => {
    const [, names = '', what = '', within = ''] = line.split('|');
    return {
      ids: [...names.matchAll(/`([\w-]+)`/g)].map(([, id]) => id as string),
      counts: what
        .split(';')
        .flatMap((part) => /^\s*([\d,]+)/.exec(part)?.[1]?.replace(',', '') ?? [])
        .map(Number),
      windows: [...within.matchAll(/(\d+) (s|min|h|day)\b/g)].map(
        ([, number, unit]) => Number(number) * SECONDS[unit as keyof typeof SECONDS],
      ),
      addsUp: within.includes('added up'),
    };
  });

const rulesOf = (ids: readonly string[]): StrikeRule[] =>
  DEFAULT_STRIKE_RULES.filter(({ id }) => ids.includes(id));
const times = ({ score }: StrikeRule, limitFactor = 1) =>
  Math.ceil((LIMIT * limitFactor) / Math.min(score, LIMIT));
const different = (numbers: readonly number[]) => [...new Set(numbers)].toSorted((one, other) => one - other);

it('the guide to bans has a row for each default rule', () => {
  expect(rows.flatMap(({ ids }) => ids).toSorted()).toEqual(
    DEFAULT_STRIKE_RULES.map(({ id }) => id).toSorted(),
  );
});

it.each(rows)(
  'the guide to bans says what $ids bans for, and within which time',
  ({ ids, counts, windows, addsUp }) => {
    const rules = rulesOf(ids);
    const looks = rules.flatMap(({ longer }) => longer ?? []);
    const longer = rules.flatMap((rule) =>
      rule.longer === undefined ? [] : times(rule, rule.longer.limitFactor),
    );
    expect(different(counts)).toEqual(
      different([...rules.map((rule) => times(rule, rule.limitFactor)), ...longer]),
    );
    // A decoy has no time of its own: one touch is enough.
    const given = ids[0] === 'honeypot' ? [] : [...rules, ...looks].map(({ windowSeconds }) => windowSeconds);
    expect(different(windows)).toEqual(different(given));
    expect(rules.map(({ family }) => family !== undefined)).toEqual(rules.map(() => addsUp));
  },
);
