import { runYielding } from '../../async/run-yielding.js';
import type { BanList, BanListFormat } from './ban-list.js';
import { readCrowdSec } from './crowdsec-list.js';
import { ListEntries, type Refusal } from './list-entries.js';
import { excerptOf } from './list-text.js';

const LONGEST_LINE = 4_096;
const PIECE_CHARACTERS = 16_384;
/** A step takes some ten milliseconds at most: so many lines, or characters. */
const STEP = { lines: 2_000, characters: 65_536 };
/** What says how the rest looks. */
const BEGINNING = { needed: 16, longest: 65_536 };

/** The first column, and the comment behind it. */
const PLAIN_LINE = /^([^\s#;]*)[^#;]*(?:[#;]+(.*))?/;

/**
 * Reads a list of addresses and networks to ban. What can't be read is reported and left out; nothing throws. It holds up its thread until
 * it is done: where others wait, use {@link parseLongBanList}.
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

/**
 * {@link parseBanList} in short steps, between which requests have their turn.
 *
 * @param text the list, as a whole or in pieces
 * @param closing ends it
 * @throws the reason of `closing`, and nothing else
 */
export function parseLongBanList(
  text: string | readonly string[],
  format: BanListFormat | undefined,
  now: number,
  closing?: AbortSignal,
): Promise<BanList> {
  return runYielding(readBanList(text, format, now), closing);
}

/** The same step by step. */
export function* readBanList(
  text: string | readonly string[],
  format: BanListFormat | undefined,
  now: number,
): Generator<void, BanList, void> {
  const given = typeof text === 'string' ? [text] : text;
  const pieces = shortPieces(given);
  const known = format ?? recognise(given);
  if (known === 'crowdsec') return (yield* readCrowdSec(pieces, now)).result();
  return (yield* readLines(pieces, known === 'drop' ? readDropLine : readPlainLine)).result();
}

function* shortPieces(text: readonly string[]): Iterable<string> {
  let isFirst = true;
  for (const piece of text) {
    // A byte order mark.
    let start = isFirst && piece.startsWith('\uFEFF') ? 1 : 0;
    isFirst &&= piece === '';
    for (; start < piece.length; start += PIECE_CHARACTERS)
      yield piece.slice(start, start + PIECE_CHARACTERS);
  }
}

function recognise(text: readonly string[]): BanListFormat {
  let beginning = '';
  let length = 0;
  for (const piece of text) {
    length += piece.length;
    // White space to JavaScript, so that it is taken away, is also a byte order mark.
    beginning = (beginning + piece.slice(0, BEGINNING.longest)).trimStart();
    if (beginning.length >= BEGINNING.needed || length >= BEGINNING.longest) break;
  }
  if (beginning[0] === '[') return 'crowdsec';
  if (beginning[0] === '{') return 'drop';
  // That is how CrowdSec lists no decisions.
  return beginning.slice(0, BEGINNING.needed).trim() === 'null' ? 'crowdsec' : 'plain';
}

/** Reads one line without white space around it. */
type LineReader = (line: string, entries: ListEntries) => Refusal | undefined;

function* readLines(pieces: Iterable<string>, read: LineReader): Generator<void, ListEntries, void> {
  const entries = new ListEntries();
  let [number, characters, rest] = [0, 0, ''];
  const take = (line: string) => {
    const refusal = readLine(line, entries, read);
    number++;
    if (refusal !== undefined) entries.refuse(number, refusal);
  };
  for (const piece of pieces) {
    const text = rest + piece;
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      take(text.slice(start, end));
      start = end + 1;
      if (number % STEP.lines > 0) continue;
      characters = 0;
      yield;
    }
    // Of a line that is too long no more is kept than shows that.
    rest = text.slice(start, start + LONGEST_LINE + 1);
    characters += piece.length;
    if (characters < STEP.characters) continue;
    characters = 0;
    yield;
  }
  if (rest !== '') take(rest);
  return entries;
}

function readLine(text: string, entries: ListEntries, read: LineReader): Refusal | undefined {
  if (text.length > LONGEST_LINE) return ['a line that is too long', excerptOf(text)];
  const line = text.trim();
  return line === '' ? undefined : read(line, entries);
}

function readPlainLine(line: string, entries: ListEntries): Refusal | undefined {
  const [, network = '', comment] = PLAIN_LINE.exec(line) ?? [];
  return network === '' ? undefined : entries.add(network, comment);
}

function readDropLine(line: string, entries: ListEntries): Refusal | undefined {
  const entry = parseJson(line);
  if (typeof entry !== 'object' || entry === null) return ['no JSON object', line];
  const { type, cidr, sblid, reason } = entry as Record<string, unknown>;
  if (type === 'metadata') return undefined;
  if (typeof cidr !== 'string') return ['an entry without cidr', line];
  return entries.add(cidr, sblid ?? reason);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
