import { detachedCopy } from '../net/detached-copy.js';
import { RecentlyUsed } from '../recently-used.js';
import type { FinishedResponse } from './finished-response.js';
import { meetsAgent, meetsAnswer, meetsPayload, meetsStatus, meetsTarget } from './strike-match.js';
import type { StrikeRule } from './strike-rules.js';

/** Which rules were asked about a text, and whether it meets them. */
type Verdicts = Map<StrikeRule, boolean>;

/** URLs, and user agents, of which it is remembered which rules they meet. */
const REMEMBERED = 2_000;
/** In characters; what is longer is rare, and looked at each time. */
const LONGEST_REMEMBERED = 500;

/** The source of a pattern that is shorter than that is searched for each time. */
const CHEAP_PATTERN = 30;

/** Which rules a response breaks. Patterns are looked for once in what is the same: most URLs and user agents came before. */
export class StrikeRuleMatcher {
  readonly #byUrl = new RecentlyUsed<Verdicts>(REMEMBERED);
  readonly #byAgent = new RecentlyUsed<Verdicts>(REMEMBERED);
  /** By status: the rules that a response may break which is no event. */
  readonly #uneventful = new Map<number | undefined, readonly StrikeRule[]>();

  constructor(private readonly rules: readonly StrikeRule[]) {}

  brokenBy(response: FinishedResponse): readonly StrikeRule[] {
    const candidates = response.events.length > 0 ? this.rules : this.#uneventfulOf(response.status);
    return candidates.filter(
      (rule) =>
        meetsAnswer(rule, response) &&
        this.#meetsAgent(rule, response) &&
        this.#meetsTarget(rule, response) &&
        meetsPayload(rule, response),
    );
  }

  #meetsAgent(rule: StrikeRule, response: FinishedResponse): boolean {
    if (rule.match.userAgent === undefined) return true;
    return remembered(this.#byAgent, response.userAgent, rule, () => meetsAgent(rule, response));
  }

  #meetsTarget(rule: StrikeRule, response: FinishedResponse): boolean {
    const { path, url } = rule.match;
    if (path === undefined && url === undefined) return true;
    if (isCheap(rule)) return meetsTarget(rule, response);
    return remembered(this.#byUrl, response.context.url, rule, () => meetsTarget(rule, response));
  }

  #uneventfulOf(status: number | undefined): readonly StrikeRule[] {
    const known = this.#uneventful.get(status);
    if (known !== undefined) return known;
    const rules = this.rules.filter((rule) => rule.match.event === undefined && meetsStatus(rule, status));
    this.#uneventful.set(status, rules);
    return rules;
  }
}

/** Whether looking is no dearer than remembering what was seen. */
function isCheap({ match: { path, url } }: StrikeRule): boolean {
  return path === undefined && url instanceof RegExp && url.source.length < CHEAP_PATTERN;
}

function remembered(
  known: RecentlyUsed<Verdicts>,
  text: string,
  rule: StrikeRule,
  ask: () => boolean,
): boolean {
  if (text.length > LONGEST_REMEMBERED) return ask();
  const verdicts = known.get(text);
  const verdict = verdicts?.get(rule);
  if (verdict !== undefined) return verdict;
  const found = ask();
  if (verdicts === undefined) known.set(detachedCopy(text), new Map([[rule, found]]));
  else verdicts.set(rule, found);
  return found;
}
