import { RecentlyUsed } from '../recently-used.js';
import type { FinishedResponse } from './finished-response.js';
import { matches, type StrikeRule } from './strike-rules.js';

/** Responses of which it is remembered which rules they break. */
const REMEMBERED = 2_000;
/** In characters; what is longer is rare, and looked at each time. */
const LONGEST_REMEMBERED = 500;

/** Which rules a response breaks. Most responses are like one before: patterns are looked for once in what is the same. */
export class StrikeRuleMatcher {
  readonly #broken = new RecentlyUsed<readonly StrikeRule[]>(REMEMBERED);

  constructor(private readonly rules: readonly StrikeRule[]) {}

  brokenBy(response: FinishedResponse): readonly StrikeRule[] {
    const { status, route, events, method, userAgent, context } = response;
    // Everything that a rule can look at; what comes from the client has no line feed.
    const happened = events.length === 0 ? '' : JSON.stringify(events);
    const facts = `${status}\n${route}\n${happened}\n${method}\n${context.url}\n${userAgent}`;
    if (facts.length > LONGEST_REMEMBERED) return this.#look(response);
    const known = this.#broken.get(facts);
    if (known !== undefined) return known;
    const broken = this.#look(response);
    this.#broken.set(facts, broken);
    return broken;
  }

  #look(response: FinishedResponse): readonly StrikeRule[] {
    return this.rules.filter((rule) => matches(rule, response));
  }
}
