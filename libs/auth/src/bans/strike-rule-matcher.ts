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

/** What responses of one outcome may break, by what has to be looked at for it. */
interface Candidates {
  /** In the order of the rules. */
  readonly all: readonly StrikeRule[];
  /** By a path or a URL, and perhaps more. */
  readonly byTarget: readonly StrikeRule[];
  /** By a user agent, and perhaps more. */
  readonly byAgent: readonly StrikeRule[];
  /** By a payload alone. */
  readonly byPayload: readonly StrikeRule[];
  /** Whether no payloads but those that signatures of ours find are looked for in them. */
  readonly hasOnlyOurs: boolean;
  /** Whatever was sent. */
  readonly byOutcome: readonly StrikeRule[];
}

const NONE: readonly never[] = [];

/** Which rules a response breaks. Most break none, which a look at notes tells: most URLs and headers came before. */
export class StrikeRuleMatcher {
  /** By status and route: where nothing has happened, and by what has. */
  readonly #uneventful: Candidates[] = [];
  readonly #byEvent = new Map<string, Candidates[]>();

  constructor(private readonly rules: readonly StrikeRule[]) {}

  brokenBy(response: FinishedResponse): readonly StrikeRule[] {
    // Several events are rare.
    if (response.events.length > 1) return this.rules.filter((rule) => matches(rule, response));
    const { all, byTarget, byAgent, byPayload, hasOnlyOurs, byOutcome } = this.#candidatesFor(response);
    const isInnocent =
      byOutcome.length === 0 &&
      targetsMet(byTarget, response).length === 0 &&
      agentsMet(byAgent, response).length === 0 &&
      (byPayload.length === 0 ||
        (hasOnlyOurs && !response.hasOurPayload) ||
        !byPayload.some((rule) => meetsPayload(rule, response)));
    if (isInnocent) return NONE;
    return all.filter(
      (rule) =>
        meetsCaller(rule, response) &&
        (!byTarget.includes(rule) || targetsMet(byTarget, response).includes(rule)) &&
        (rule.match.userAgent === undefined || agentsMet(byAgent, response).includes(rule)) &&
        meetsPayload(rule, response),
    );
  }

  #candidatesFor(response: FinishedResponse): Candidates {
    const event = response.events[0];
    const route = (response.route === 'known' ? 2 : 0) + (response.isOwned ? 1 : 0);
    const outcome = (response.status ?? 0) * 4 + route;
    const known = (event === undefined ? this.#uneventful : this.#byEvent.get(event)) ?? [];
    const candidates = known[outcome] ?? sorted(this.rules.filter((rule) => meetsOutcome(rule, response)));
    known[outcome] = candidates;
    if (event !== undefined) this.#byEvent.set(event, known);
    return candidates;
  }
}

function sorted(all: readonly StrikeRule[]): Candidates {
  const byTarget = all.filter(({ match }) => match.path !== undefined || match.url !== undefined);
  const byAgent = all.filter(({ match }) => match.userAgent !== undefined);
  const others = all.filter((rule) => !byTarget.includes(rule) && !byAgent.includes(rule));
  const byPayload = others.filter(({ match }) => match.payload !== undefined);
  const byOutcome = others.filter((rule) => !byPayload.includes(rule));
  const hasOnlyOurs = byPayload.every(({ match }) => areOurs(listOf(match.payload ?? [])));
  return { all, byTarget, byAgent, byPayload, hasOnlyOurs, byOutcome };
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
