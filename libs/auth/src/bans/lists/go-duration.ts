const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  // The micro sign and the Greek letter.
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};
const TERM = String.raw`(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)`;
const DURATION = new RegExp(`^[-+]?(?:0|(?:${TERM})+)$`);
const TERMS = new RegExp(TERM, 'g');

/**
 * Reads a duration as Go writes it, such as `167h59m1.5s`; `-1h` is over.
 *
 * @returns milliseconds, rounded up; undefined for what is no duration, or one that no clock can show
 */
export function parseGoDuration(text: string): number | undefined {
  if (text.length > 64 || !DURATION.test(text)) return undefined;
  let milliseconds = 0;
  for (const [, count, unit] of text.matchAll(TERMS))
    milliseconds += Number(count) * (UNIT_MS[unit as string] as number);
  const signed = Math.ceil(text.startsWith('-') ? -milliseconds : milliseconds);
  return Number.isSafeInteger(signed) ? signed : undefined;
}
