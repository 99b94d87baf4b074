import type { BanList, BanListFormat } from './ban-list.js';
import { parseGoDuration } from './go-duration.js';
import { ListEntries, type Refusal } from './list-entries.js';

const LONGEST_LINE = 4_096;
/** A reader that shares its thread with requests pauses after so many entries: some ten milliseconds. */
const ENTRIES_PER_STEP = 2_000;

/** The first column, and the comment behind it. */
const PLAIN_LINE = /^([^\s#;]*)[^#;]*(?:[#;]+(.*))?/;

/**
 * Reads a list of addresses and networks to ban. What can't be read is reported and left out; nothing throws.
 *
 * @param format undefined to recognise it
 * @param now milliseconds since the epoch, from which durations in the list count
 */
export function parseBanList(text: string, format: BanListFormat | undefined, now: number): BanList {
  const steps = readBanList(text, format, now);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** {@link parseBanList} in short steps, between which other work can be done. */
export function* readBanList(
  text: string,
  format: BanListFormat | undefined,
  now: number,
): Generator<void, BanList, void> {
  const entries = new ListEntries();
  // A byte order mark is white space to JavaScript, so that trim() takes it away.
  const known = format ?? recognise(text);
  if (known === 'crowdsec') yield* readCrowdSec(text, entries, now);
  else yield* readLines(text, entries, known === 'drop' ? readDropLine : readPlainLine);
  return entries.result();
}

function recognise(text: string): BanListFormat {
  const start = text.search(/\S/);
  if (text[start] === '[') return 'crowdsec';
  if (text[start] === '{') return 'drop';
  // That is how CrowdSec lists no decisions.
  return text.slice(start, start + 16).trim() === 'null' ? 'crowdsec' : 'plain';
}

/** Reads one line without white space around it. */
type LineReader = (line: string, entries: ListEntries) => Refusal | undefined;

function* readLines(text: string, entries: ListEntries, read: LineReader): Generator<void, void, void> {
  let start = 0;
  for (let number = 1; start < text.length; number++) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const refusal = readLine(text, start, end, entries, read);
    if (refusal !== undefined) entries.refuse(number, refusal);
    start = end + 1;
    if (number % ENTRIES_PER_STEP === 0) yield;
  }
}

function readLine(text: string, start: number, end: number, entries: ListEntries, read: LineReader) {
  if (end - start > LONGEST_LINE) return ['a line that is too long', excerptOf(text, start)] as const;
  const line = text.slice(start, end).trim();
  return line === '' ? undefined : read(line, entries);
}

function readPlainLine(line: string, entries: ListEntries): Refusal | undefined {
  const [, network = '', comment] = PLAIN_LINE.exec(line) ?? [];
  return network === '' ? undefined : entries.add(network, comment);
}

function readDropLine(line: string, entries: ListEntries): Refusal | undefined {
  const entry = parseJson(line);
  if (!isObject(entry)) return ['no JSON object', line];
  if (entry.type === 'metadata') return undefined;
  if (typeof entry.cidr !== 'string') return ['an entry without cidr', line];
  return entries.add(entry.cidr, entry.sblid ?? entry.reason);
}

function* readCrowdSec(text: string, entries: ListEntries, now: number): Generator<void, void, void> {
  const list = parseJson(text.trim());
  if (list === null) return;
  if (!Array.isArray(list)) {
    entries.refuse(1, ['no JSON array', excerptOf(text, 0)]);
    return;
  }
  let read = 0;
  for (const [index, entry] of list.entries()) {
    for (const decision of decisionsOf(entry)) {
      const refusal = readDecision(decision, entries, now);
      if (refusal !== undefined) entries.refuse(index + 1, refusal);
      if (++read % ENTRIES_PER_STEP === 0) yield;
    }
  }
}

/** An alert carries its decisions, or null. */
function decisionsOf(entry: unknown): readonly unknown[] {
  if (!isObject(entry) || !('decisions' in entry)) return [entry];
  const decisions = entry.decisions ?? [];
  return Array.isArray(decisions) ? decisions : [decisions];
}

function readDecision(decision: unknown, entries: ListEntries, now: number): Refusal | undefined {
  if (!isObject(decision)) return ['no decision'];
  const { type, scope, value, simulated } = decision;
  if (typeof type !== 'string' || typeof scope !== 'string' || typeof value !== 'string')
    return ['a decision without type, scope or value'];
  if (type.toLowerCase() !== 'ban' || simulated === true) return undefined;
  if (!/^(ip|range)$/i.test(scope)) return ['a ban of neither Ip nor Range', scope];
  const expiresAt = endOf(decision, now);
  if (expiresAt === undefined) return ['a decision without a readable duration', value];
  if (expiresAt <= now) return undefined;
  return entries.add(value, decision.scenario ?? decision.reason, expiresAt);
}

/** `until` doesn't depend on when the list was made, as the duration does. */
function endOf({ until, duration }: Record<string, unknown>, now: number): number | undefined {
  const end = typeof until === 'string' && /^\d{4}-\d\d-\d\dT/.test(until) ? Date.parse(until) : Number.NaN;
  if (!Number.isNaN(end)) return end;
  const milliseconds = typeof duration === 'string' ? parseGoDuration(duration) : undefined;
  return milliseconds === undefined ? undefined : now + milliseconds;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function excerptOf(text: string, start: number): string {
  return text.slice(start, start + 80).trim();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
