import type { FinishedResponse } from './finished-response.js';
import { areOurs } from './signatures/payload-screen.js';
import {
  listOf,
  matches,
  meetsAgent,
  meetsCaller,
  meetsOutcome,
  meetsPayload,
  meetsTarget,
} from './strike-match.js';
import type { StrikeRule } from './strike-rules.js';

/** A rule that responses of one outcome may break. */
interface Candidate {
  readonly rule: StrikeRule;
  /** Whether a path or a URL is looked at for it, and whether a user agent is. */
  readonly asksTarget: boolean;
  readonly asksAgent: boolean;
}

/** What responses of one outcome may break, by what has to be looked at for it. */
interface Candidates {
  /** In the order of the rules. */
  readonly all: readonly Candidate[];
  readonly byTarget: readonly StrikeRule[];
  readonly byAgent: readonly StrikeRule[];
  /** By a payload alone. */
  readonly byPayload: readonly StrikeRule[];
  /** Whether no payloads but those that signatures of ours find are looked for in them. */
  readonly hasOnlyOurs: boolean;
  /** Whether any is broken whatever was sent. */
  readonly hasOthers: boolean;
}

const NONE: readonly never[] = [];

/** Of a response to which no rule comes close: neither its outcome nor anything in its head is what one asks for, so the same is harmless again. */
export const NOTHING_MET: readonly never[] = [];

/** Which rules a response breaks. Most break none, which a look at notes tells: most URLs and headers came before. */
export class StrikeRuleMatcher {
  /** By status, route and method: where nothing has happened, and by what has. */
  readonly #uneventful = new Map<number, Candidates>();
  readonly #byEvent = new Map<string, Map<number, Candidates>>();

  /** Those that rules name; all others are one. */
  readonly #methods: readonly string[];

  constructor(private readonly rules: readonly StrikeRule[]) {
    this.#methods = [...new Set(rules.flatMap(({ match }) => match.method ?? []))];
  }

  brokenBy(response: FinishedResponse): readonly StrikeRule[] {
    // Several events are rare.
    if (response.events.length > 1) return this.rules.filter((rule) => matches(rule, response));
    const candidates = this.#candidatesFor(response);
    const targets = targetsMet(candidates.byTarget, response);
    const agents = agentsMet(candidates.byAgent, response);
    if (
      targets.length === 0 &&
      agents.length === 0 &&
      !candidates.hasOthers &&
      !holdsPayload(candidates, response)
    )
      return NOTHING_MET;
    const broken: StrikeRule[] = [];
    for (const { rule, asksTarget, asksAgent } of candidates.all) {
      if (asksTarget && !targets.includes(rule)) continue;
      if (asksAgent && !agents.includes(rule)) continue;
      if (meetsCaller(rule, response) && meetsPayload(rule, response)) broken.push(rule);
    }
    return broken;
  }

  #candidatesFor(response: FinishedResponse): Candidates {
    const event = response.events[0];
    const route = (response.route === 'known' ? 2 : 0) + (response.isOwned ? 1 : 0);
    const method = this.#methods.indexOf(response.method) + 1;
    const outcome = ((response.status ?? 0) * 4 + route) * (this.#methods.length + 1) + method;
    const known = event === undefined ? this.#uneventful : this.#happenedWith(event);
    let candidates = known.get(outcome);
    if (candidates === undefined) {
      candidates = sorted(this.rules.filter((rule) => meetsOutcome(rule, response)));
      known.set(outcome, candidates);
    }
    return candidates;
  }

  #happenedWith(event: string): Map<number, Candidates> {
    const known = this.#byEvent.get(event) ?? new Map<number, Candidates>();
    this.#byEvent.set(event, known);
    return known;
  }
}

function sorted(rules: readonly StrikeRule[]): Candidates {
  const all = rules.map((rule) => {
    const { path, url, userAgent } = rule.match;
    return { rule, asksTarget: path !== undefined || url !== undefined, asksAgent: userAgent !== undefined };
  });
  const others = all.filter(({ asksTarget, asksAgent }) => !asksTarget && !asksAgent).map(({ rule }) => rule);
  const byPayload = others.filter(({ match }) => match.payload !== undefined);
  return {
    all,
    byTarget: all.filter(({ asksTarget }) => asksTarget).map(({ rule }) => rule),
    byAgent: all.filter(({ asksAgent }) => asksAgent).map(({ rule }) => rule),
    byPayload,
    hasOnlyOurs: byPayload.every(({ match }) => areOurs(listOf(match.payload ?? []))),
    hasOthers: others.length > byPayload.length,
  };
}

/** Whether one of the rules about payloads alone is broken. */
function holdsPayload({ byPayload, hasOnlyOurs }: Candidates, response: FinishedResponse): boolean {
  if (byPayload.length === 0 || (hasOnlyOurs && !response.hasOurPayload)) return false;
  return byPayload.some((rule) => meetsPayload(rule, response));
}

/** Those of some rules whose patterns for path and URL are met. */
function targetsMet(rules: readonly StrikeRule[], response: FinishedResponse): readonly StrikeRule[] {
  if (rules.length === 0) return NONE;
  return response.targetNotes.foundFor(rules, () => met(rules, (rule) => meetsTarget(rule, response)));
}

/** Those of some rules whose patterns for the user agent are met. */
function agentsMet(rules: readonly StrikeRule[], response: FinishedResponse): readonly StrikeRule[] {
  if (rules.length === 0) return NONE;
  return response.agentNotes.foundFor(rules, () => met(rules, (rule) => meetsAgent(rule, response)));
}

function met(rules: readonly StrikeRule[], isMet: (rule: StrikeRule) => boolean): readonly StrikeRule[] {
  const found = rules.filter(isMet);
  return found.length === 0 ? NONE : found;
}
