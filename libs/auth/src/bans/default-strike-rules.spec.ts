import { DEFAULT_STRIKE_RULES } from './default-strike-rules.js';

/** 25 times what Node takes of a URL or a header: what is quadratic then takes 625 times as long, and seconds. */
const LONGEST = 400_000;
const filled = (text: string) => text.repeat(Math.ceil(LONGEST / text.length)).slice(0, LONGEST);

const patterns = DEFAULT_STRIKE_RULES.flatMap(({ id, match }) =>
  [match.path, match.url, match.userAgent]
    .flat()
    .filter((pattern) => pattern instanceof RegExp)
    .map((pattern) => [id, pattern] as const),
);

/** The better of two times: the machine may have other things to do. */
function millisecondsOf(act: () => unknown): number {
  return Math.min(
    ...Array.from({ length: 2 }, () => {
      const start = performance.now();
      act();
      return performance.now() - start;
    }),
  );
}

describe('what an attacker sends', () => {
  it.each(patterns)('costs %s no more than one look: %s', (_, pattern) => {
    const hostile = [
      ...['/.hg', '/pma', '/wp-login', '/boaform', '/cgi-bin', '/actuator/env'].map(
        (part) => `${filled(part)}\n`,
      ),
      ...[
        '{{',
        '${',
        "'",
        "' and '",
        '"or(',
        '../',
        '/..',
        '; ',
        '< ',
        'sleep( ',
        'union ',
        'union all ',
      ].map(filled),
      ...['union', "'", ';', '<', 'sleep', "') drop", `${'{'.repeat(44)}1`].map(
        (start) => start + filled(' '),
      ),
      ...['sqlma ', 'metasploi-', '$(', '`', '.php', '/'].map(filled),
    ];
    const slowest = Math.max(...hostile.map((text) => millisecondsOf(() => text.search(pattern))));
    expect(slowest).toBeLessThan(1_000);
  });
});
