import { detachedCopy } from '../net/detached-copy.js';
import { RecentlyUsed } from '../recently-used.js';
import type { FinishedResponse } from './finished-response.js';
import { meetsAgent, meetsAnswer, meetsStatus, meetsTarget } from './strike-match.js';
import type { StrikeRule } from './strike-rules.js';

type Rules = ReadonlySet<StrikeRule>;

/** URLs, and user agents, of which it is remembered which rules they meet. */
const REMEMBERED = 2_000;
/** In characters; what is longer is rare, and looked at each time. */
const LONGEST_REMEMBERED = 500;

/** Which rules a response breaks. Patterns are looked for once in what is the same: most URLs and user agents came before. */
export class StrikeRuleMatcher {
  readonly #metByUrl = new RecentlyUsed<Rules>(REMEMBERED);
  readonly #metByAgent = new RecentlyUsed<Rules>(REMEMBERED);
  /** By status: the rules that a response may break which is no event. */
  readonly #uneventful = new Map<number | undefined, readonly StrikeRule[]>();

  constructor(private readonly rules: readonly StrikeRule[]) {}

  brokenBy(response: FinishedResponse): readonly StrikeRule[] {
    const candidates = response.events.length > 0 ? this.rules : this.#uneventfulOf(response.status);
    if (candidates.length === 0) return candidates;
    const byUrl = this.#remembered(this.#metByUrl, response.context.url, meetsTarget, response);
    const byAgent = this.#remembered(this.#metByAgent, response.userAgent, meetsAgent, response);
    return candidates.filter((rule) => byUrl.has(rule) && byAgent.has(rule) && meetsAnswer(rule, response));
  }

  #remembered(
    known: RecentlyUsed<Rules>,
    text: string,
    isMet: typeof meetsTarget,
    response: FinishedResponse,
  ): Rules {
    const rules = known.get(text);
    if (rules !== undefined) return rules;
    const met = new Set(this.rules.filter((rule) => isMet(rule, response)));
    if (text.length <= LONGEST_REMEMBERED) known.set(detachedCopy(text), met);
    return met;
  }

  #uneventfulOf(status: number | undefined): readonly StrikeRule[] {
    const known = this.#uneventful.get(status);
    if (known !== undefined) return known;
    const rules = this.rules.filter((rule) => rule.match.event === undefined && meetsStatus(rule, status));
    this.#uneventful.set(status, rules);
    return rules;
  }
}
