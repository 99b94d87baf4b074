import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { DEFAULT_STRIKE_RULES } from './default-strike-rules.js';
import { screenIsRead, suspicionsOf } from './signatures/payload-screen.js';
import type { PayloadPattern } from './signatures/payload-signature.js';
import { PAYLOAD_SIGNATURES } from './signatures/payloads.js';
import { undisguised, undisguisedPath, undisguisedTarget } from './signatures/undisguised.js';

/** Eight times what Node takes of a URL or a header: what is quadratic then takes 64 times as long, and seconds. */
const LONGEST = 128_000;
const filled = (text: string) => text.repeat(Math.ceil(LONGEST / text.length)).slice(0, LONGEST);

const patterns: readonly (readonly [string, PayloadPattern])[] = [
  ...DEFAULT_STRIKE_RULES.flatMap(({ id, match }) =>
    [match.path, match.url, match.userAgent]
      .flat()
      .filter((pattern) => pattern instanceof RegExp)
      .map((pattern) => [id, pattern] as const),
  ),
  ...PAYLOAD_SIGNATURES.map(({ name, pattern }) => [name, pattern] as const),
];

/** Of this process alone: the machine may have other things to do. */
function millisecondsOf(act: () => unknown): number {
  const start = process.cpuUsage();
  act();
  return process.cpuUsage(start).user / 1_000;
}

/** What patterns of payloads have reason to begin to look at. */
const BEGINNINGS = [
  ...[
    '<',
    '< script ',
    '<a ',
    '<svg/on',
    "' or ",
    "' or(",
    ' and (',
    'or a',
    'union select ',
    'select a from ',
    '{{',
    '${',
    '${${',
  ],
  ...[
    '#{',
    '<%',
    '{%',
    '[$',
    '..;',
    '...',
    '/etc/',
    '() {',
    ';wget ',
    ';wget -q ',
    '$(wget -a ',
    '; cat',
    '|',
    '`',
    '\r\n',
    '\0',
  ],
  ...[
    '=http://a',
    'php://',
    'php://a',
    '<!entity ',
    '<!--#',
    'data:',
    'data:a/b;',
    'data:;a;a;',
    'java script :',
    '/*',
    '/*a',
    '*/',
  ],
  ...[
    '%2e',
    '%252e',
    '%c0%ae',
    '&#x2e;',
    '&lt',
    '\\u002e',
    '%u002e',
    '%',
    '&',
    '\\',
    'on',
    ' on',
    'sleep(',
    'concat(a',
    'eval(',
  ],
  ...[
    'subprocess',
    'xstream',
    'this.a',
    'return ',
    '(select(',
    'benchmark(',
    ')(&(',
    'window',
    'order by 1',
    '"a":',
    '=a',
    '?a=',
    '/./',
  ],
];

it('costs no more than one look to take its disguise off, and to tell what to look at closer', async () => {
  await screenIsRead();
  const hostile = [...BEGINNINGS.map(filled), ...BEGINNINGS.map((text) => filled(encodeURIComponent(text)))];
  for (const look of [undisguised, undisguisedTarget, undisguisedPath, suspicionsOf])
    expect(Math.max(...hostile.map((text) => millisecondsOf(() => look(text))))).toBeLessThan(500);
});

const hostile = [
  ...['/.hg', '/pma', '/wp-login', '/boaform', '/cgi-bin', '/actuator/env'].map(
    (part) => `${filled(part)}\n`,
  ),
  ...['{{', '${', "'", "' and '", '"or(', '../', '/..', '; ', '< ', 'sleep( ', 'union ', 'union all '].map(
    filled,
  ),
  ...['union', "'", ';', '<', 'sleep', "') drop", `${'{'.repeat(44)}1`].map((start) => start + filled(' ')),
  ...BEGINNINGS.map(filled),
  ...BEGINNINGS.map((start) => start + filled('a')),
  ...BEGINNINGS.map((start) => start + filled(' ')),
  ...['sqlma ', 'metasploi-', '$(', '`', '.php', '/'].map(filled),
];

const MILLISECONDS_OF_A_LOOK = 1_000;

/** What a thread runs, which answers with the longest look of each pattern: when it has found one that is too long, it looks no further. */
const LOOKS = `
  const { parentPort, workerData: { patterns, texts, limit } } = require('node:worker_threads');
  function longestLook(pattern) {
    let longest = 0;
    for (const text of texts) {
      const start = process.cpuUsage();
      pattern.exec(text);
      longest = Math.max(longest, process.cpuUsage(start).user / 1_000);
      if (longest >= limit) break;
    }
    return longest;
  }
  parentPort.postMessage(patterns.map(longestLook));
`;

/**
 * In a thread of its own, which has compiled nothing yet: after the first megabyte V8 compiles patterns without optimising them, and a
 * look takes ten times as long.
 */
async function longestLooks(expressions: readonly RegExp[]): Promise<readonly number[]> {
  const thread = new Worker(LOOKS, {
    eval: true,
    workerData: { patterns: expressions, texts: hostile, limit: MILLISECONDS_OF_A_LOOK },
  });
  const [slowest] = await once(thread, 'message');
  return slowest;
}

describe('what an attacker sends', () => {
  const expressions = patterns.map(([, pattern]) => pattern).filter((pattern) => pattern instanceof RegExp);
  const longest = new Map<PayloadPattern, number>();

  beforeAll(async () => {
    const looks = await longestLooks(expressions);
    for (const [index, expression] of expressions.entries()) longest.set(expression, looks[index] as number);
  }, 120_000);

  it.each(patterns)('costs no more than one look: %s', (_, pattern) => {
    const slowest =
      longest.get(pattern) ?? Math.max(...hostile.map((text) => millisecondsOf(() => pattern.exec(text))));
    expect(slowest).toBeLessThan(MILLISECONDS_OF_A_LOOK);
  });
});
