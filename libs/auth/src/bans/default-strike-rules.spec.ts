import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { DEFAULT_STRIKE_RULES } from './default-strike-rules.js';
import { screenIsRead, suspicionsOf } from './signatures/payload-screen.js';
import type { PayloadPattern } from './signatures/payload-signature.js';
import { PAYLOAD_SIGNATURES } from './signatures/payloads.js';
import { undisguised, undisguisedPath, undisguisedTarget } from './signatures/undisguised.js';

/** Eight times what Node takes of a URL or a header: what is quadratic then takes 64 times as long, and seconds. */
const LONGEST = 128_000;
/** What Node takes. */
const SHORTER = LONGEST / 8;
const MILLISECONDS_OF_A_LOOK = 1_000;
/** What takes less at the shorter length is in time at the longest, unless its time grows by more than the cube. */
const MILLISECONDS_WORTH_A_LONGER_LOOK = MILLISECONDS_OF_A_LOOK / 8 ** 3;

/** A text to look at, in both lengths. */
type InBothLengths = readonly [shorter: string, longest: string];
const inBothLengths = (textOf: (filled: (part: string) => string) => string): InBothLengths => [
  textOf((part) => filled(part, SHORTER)),
  textOf((part) => filled(part, LONGEST)),
];
const filled = (part: string, length: number) =>
  part.repeat(Math.ceil(length / part.length)).slice(0, length);

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

/** What is quadratic takes so long at the shorter length, and at the longest 64 times as long, as quick as this machine is now. */
function millisecondsOfQuadraticLook(): number {
  const quadratic = /a[^b]*b/;
  const text = 'a'.repeat(SHORTER);
  quadratic.exec(text);
  return millisecondsOf(() => quadratic.exec(text));
}

it('costs no more than one look to take its disguise off, and to tell what to look at closer', async () => {
  await screenIsRead();
  const texts = [...BEGINNINGS, ...BEGINNINGS.map((text) => encodeURIComponent(text))].map((text) =>
    inBothLengths((filled) => filled(text)),
  );
  for (const look of [undisguised, undisguisedTarget, undisguisedPath, suspicionsOf])
    expect(longestLook(look, texts)).toBeLessThan(4 * millisecondsOfQuadraticLook());
});

const hostile = [
  ...['/.hg', '/pma', '/wp-login', '/boaform', '/cgi-bin', '/actuator/env'].map((part) =>
    inBothLengths((filled) => `${filled(part)}\n`),
  ),
  ...[
    ...['{{', '${', "'", "' and '", '"or(', '../', '/..', '; ', '< ', 'sleep( ', 'union ', 'union all '],
    ...['sqlma ', 'metasploi-', '$(', '`', '.php', '/'],
    ...BEGINNINGS,
  ].map((part) => inBothLengths((filled) => filled(part))),
  ...['union', "'", ';', '<', 'sleep', "') drop", `${'{'.repeat(44)}1`, ...BEGINNINGS].map((start) =>
    inBothLengths((filled) => start + filled(' ')),
  ),
  ...BEGINNINGS.map((start) => inBothLengths((filled) => start + filled('a'))),
];

/** The time of the longest look that was needed: when one is found that takes too long, no further one is. */
function longestLook(look: (text: string) => unknown, texts: readonly InBothLengths[]): number {
  let longest = 0;
  for (const [shorter, text] of texts) {
    if (millisecondsOf(() => look(shorter)) < MILLISECONDS_WORTH_A_LONGER_LOOK) continue;
    // While the first one goes on, V8 compiles the pattern once more.
    const twice = [1, 2].map(() => millisecondsOf(() => look(text)));
    longest = Math.max(longest, Math.min(...twice));
    if (longest >= MILLISECONDS_OF_A_LOOK) break;
  }
  return longest;
}

/** What a thread runs, which answers with the longest look of each pattern. */
const LOOKS = `
  const { parentPort, workerData: { patterns, texts } } = require('node:worker_threads');
  const MILLISECONDS_OF_A_LOOK = ${MILLISECONDS_OF_A_LOOK};
  const MILLISECONDS_WORTH_A_LONGER_LOOK = ${MILLISECONDS_WORTH_A_LONGER_LOOK};
  ${millisecondsOf}
  ${longestLook}
  parentPort.postMessage(patterns.map((pattern) => longestLook((text) => pattern.exec(text), texts)));
`;

/**
 * In a thread of its own, which has compiled nothing yet: after the first megabyte V8 compiles patterns without optimising them, and a
 * look takes ten times as long.
 */
async function longestLooks(expressions: readonly RegExp[]): Promise<readonly number[]> {
  const thread = new Worker(LOOKS, { eval: true, workerData: { patterns: expressions, texts: hostile } });
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
    const slowest = longest.get(pattern) ?? longestLook((text) => pattern.exec(text), hostile);
    expect(slowest).toBeLessThan(MILLISECONDS_OF_A_LOOK);
  });
});
