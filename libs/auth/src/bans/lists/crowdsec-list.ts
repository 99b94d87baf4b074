import { parseGoDuration } from './go-duration.js';
import { JsonReader } from './json-reader.js';
import { ListEntries, type Refusal } from './list-entries.js';
import { excerptOf } from './list-text.js';

/**
 * Reads decisions of CrowdSec, or alerts that carry them, from JSON in pieces, with a step for each.
 *
 * @param now milliseconds since the epoch, from which durations count
 */
export function* readCrowdSec(pieces: Iterable<string>, now: number): Generator<void, ListEntries, void> {
  const decisions = new Decisions(now);
  const reader = new JsonReader((element, place) => decisions.take(element, place));
  let beginning = '';
  try {
    for (const piece of pieces) {
      beginning ||= excerptOf(piece);
      reader.write(piece);
      yield;
    }
    const root = reader.end();
    if (root === null || Array.isArray(root)) return decisions.entries;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  // What could be read of it is no whole list.
  const nothing = new ListEntries();
  nothing.refuse(1, ['no JSON array', beginning]);
  return nothing;
}

/** Takes decisions one by one, as they are read. */
class Decisions {
  readonly entries = new ListEntries();
  /** The element of the whole list, counted from 1. */
  #line = 1;

  constructor(private readonly now: number) {}

  /** @returns whether it was one, or an alert whose decisions are taken */
  take(element: unknown, place: string): boolean {
    if (place !== '' && place !== '[].decisions') return false;
    for (const decision of place === '' ? decisionsOf(element) : [element]) {
      const refusal = readDecision(decision, this.entries, this.now);
      if (refusal !== undefined) this.entries.refuse(this.#line, refusal);
    }
    if (place === '') this.#line++;
    return true;
  }
}

/** What has not been taken yet: an alert's list has, but it may carry one decision, or null. */
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
