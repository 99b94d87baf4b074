import { Inject, Injectable } from '@nestjs/common';
import type { MaybePromise } from '../async/maybe-promise.js';
import { CredentialSchemes } from '../credentials/credential-schemes.js';
import { SecurityEvents } from '../events/security-events.js';
import type { Identity } from '../identity/identity.js';
import { identityNameOf } from '../identity/identity-name.js';
import { Log } from '../log.js';
import type { IpAddress } from '../net/ip-address.js';
import { isQuestion } from '../request/options-question.js';
import type { RequestContext } from '../request/request-context.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { AskedElsewhere } from './asked-elsewhere.js';
import { BanExemptions } from './ban-exemptions.js';
import { BanService } from './ban-service.js';
import { BAN_SETTINGS, type BanSettings } from './ban-settings.js';
import { HONEYPOT_RULE } from './default-strike-rules.js';
import { AnsweredQuestion, FinishedResponse } from './finished-response.js';
import { HarmlessRequests } from './harmless-requests.js';
import { Origins } from './origins/origins.js';
import { StrikeCharges } from './strike-charges.js';
import { StrikeLedger } from './strike-ledger.js';
import { looksAtRequest, matches } from './strike-match.js';
import { NOTHING_MET, StrikeRuleMatcher } from './strike-rule-matcher.js';
import type { StrikeRule } from './strike-rules.js';

/** That somebody known is at an address is noted so often at most; it is remembered for far longer. */
const NOTED_EVERY_MS = 60_000;

/** Judges each request by the rules, once, as soon as its answer is decided. */
@Injectable()
export class StrikeJudge {
  readonly #logger = new Log();
  /** When who was noted at an address, in milliseconds since the epoch. Of all who are there: many come from behind one gateway in turn. */
  readonly #noted = new WeakMap<IpAddress, WeakMap<Identity, number>>();
  /** A honeypot is touched once by a request, however many guards see it. */
  readonly #honeypots = new WeakMap<RequestContext, MaybePromise<unknown>>();
  readonly #harmless = new HarmlessRequests();
  readonly #matcher: StrikeRuleMatcher;
  readonly #charges: StrikeCharges;
  readonly #elsewhere: AskedElsewhere;
  /** By the rules that an OPTIONS request can break without a handler. */
  readonly #questionMatcher: StrikeRuleMatcher;
  readonly #listeners = new Set<(context: RequestContext, status: number) => void>();

  constructor(
    @Inject(BAN_SETTINGS) private readonly options: BanSettings,
    events: SecurityEvents,
    exemptions: BanExemptions,
    private readonly ledger: StrikeLedger,
    private readonly schemes: CredentialSchemes,
    bans: BanService,
    lifecycle: RequestLifecycle,
    private readonly origins: Origins,
  ) {
    const { rules } = options.bans;
    const hasHoneypots = rules.some(({ match }) => [match.event].flat().includes('honeypot'));
    this.#charges = new StrikeCharges(options, events, exemptions, ledger);
    this.#elsewhere = new AskedElsewhere(options.publicOrigins);
    this.#matcher = new StrikeRuleMatcher(hasHoneypots ? rules : [...rules, HONEYPOT_RULE]);
    this.#questionMatcher = new StrikeRuleMatcher(rules.filter(looksAtRequest));
    bans.onRelease((network) => {
      ledger.forget(network).catch((error) => this.#report(error));
    });
    lifecycle.onSettled((context, status) => this.judge(context, status));
  }

  /** Judges a request whose answer is decided. */
  judge(context: RequestContext, status: number): void {
    const scoring = this.#scoreAnswer(context, status);
    if (context.handler?.traits.strikes === undefined) return;
    if (scoring instanceof Promise) void scoring.then(() => this.#tellJudged(context, status));
    else this.#tellJudged(context, status);
  }

  /** Calls the listener with every request under `@Strikes` that was judged, and has counted, with the status of its answer. */
  onJudged(listener: (context: RequestContext, status: number) => void): void {
    this.#listeners.add(listener);
  }

  /** Which rules a request would break by those answers that its handler has given a name. */
  rulesAtStake(context: RequestContext): readonly StrikeRule[] {
    const strikes = context.handler?.traits.strikes;
    if (strikes === undefined || isBeyondJudgement(context)) return NONE;
    const statuses = new Set(strikes.flatMap((named) => named.statuses));
    const broken = [...statuses].flatMap((status) =>
      this.#brokenBy(this.#responseOf(context, status, this.#eventsOf(context, status))),
    );
    return [...new Set(broken)];
  }

  /** Whether the request has touched a honeypot, and that was judged. */
  isReported(context: RequestContext): boolean {
    return this.#honeypots.has(context);
  }

  /** Judges that a honeypot was touched, before there is an answer; a promise of when that has been counted. */
  async reportHoneypot(context: RequestContext): Promise<void> {
    if (!this.#honeypots.has(context))
      this.#honeypots.set(context, this.#score(this.#responseOf(context, undefined, ['honeypot'])));
    await this.#honeypots.get(context);
  }

  #scoreAnswer(context: RequestContext, status: number): MaybePromise<unknown> {
    if (isUnansweredQuestion(context, status)) return this.#scoreQuestion(context, status);
    if (isBeyondJudgement(context)) return undefined;
    if (context.refusal !== undefined || !this.#harmless.has(context, status)) {
      const response = this.#responseOf(context, status, this.#eventsOf(context, status));
      const broken = this.#brokenBy(response);
      if (broken.length > 0) return this.#charges.chargeAll(broken, response);
      if (broken === NOTHING_MET && context.refusal === undefined) this.#harmless.note(context, status);
    }
    if (status < 400) this.#noteServed(context);
    return undefined;
  }

  /** A browser sends it for honest pages too, also to routes that don't take it: rules that see no more than its answer pass it by. */
  #scoreQuestion(context: RequestContext, status: number): MaybePromise<unknown> {
    const response = new AnsweredQuestion(context, status, this.schemes, this.origins);
    return this.#charges.chargeAll(this.#questionMatcher.brokenBy(response), response);
  }

  #eventsOf(context: RequestContext, status: number): readonly string[] {
    const events = eventsOf(context, status);
    return this.#elsewhere.isAskedBy(context) ? [...events, ASKED_ELSEWHERE] : events;
  }

  #score(response: FinishedResponse): MaybePromise<unknown> {
    return this.#charges.chargeAll(this.#brokenBy(response), response);
  }

  #responseOf(
    context: RequestContext,
    status: number | undefined,
    events: readonly string[],
  ): FinishedResponse {
    return new FinishedResponse(context, status, events, this.schemes, this.origins);
  }

  #brokenBy(response: FinishedResponse): readonly StrikeRule[] {
    const general = this.#matcher.brokenBy(response);
    const ofHandler = response.context.handler?.traits.strikes;
    if (ofHandler === undefined) return general;
    return [...general, ...ofHandler.flatMap(({ rule }) => (rule && matches(rule, response) ? rule : []))];
  }

  #noteServed({ address, user, app }: RequestContext): void {
    const identity = user ?? app;
    if (identity === undefined) return;
    const now = this.options.now();
    let noted = this.#noted.get(address);
    if (noted === undefined) {
      noted = new WeakMap();
      this.#noted.set(address, noted);
    }
    const at = noted.get(identity);
    if (at !== undefined && Math.abs(now - at) < NOTED_EVERY_MS) return;
    noted.set(identity, now);
    this.ledger.noteServed(address, identityNameOf(identity));
  }

  #tellJudged(context: RequestContext, status: number): void {
    for (const listener of this.#listeners) listener(context, status);
  }

  /** The answer is on its way. */
  #report(error: unknown): void {
    this.#logger.error('A strike could not be counted', error);
  }
}

const NONE: readonly never[] = [];

/** What rules call a request that is for a proxy. */
const ASKED_ELSEWHERE = 'asked_elsewhere';

/** What a router answers. */
const NOT_FOUND = [404, 405];

function isBeyondJudgement({ countsForStrikes, handler, refusal, isPreflight }: RequestContext): boolean {
  if (!countsForStrikes || handler?.traits.banExempt) return true;
  // A banned caller who keeps knocking is refused already, and a honeypot has reported itself.
  if (refusal?.code === 'address_banned' || handler?.traits.honeypot) return true;
  // A browser's preflight meets no handler and carries no credential; what does either only looks like one.
  return (
    isPreflight && (refusal === undefined ? handler === undefined : refusal.code === 'credentials_required')
  );
}

/** An OPTIONS request whose answer says nothing of its path: any preflight, and one that others have answered than the router. */
function isUnansweredQuestion(context: RequestContext, status: number): boolean {
  return (
    isQuestion(context) &&
    context.refusal === undefined &&
    (context.isPreflight || !NOT_FOUND.includes(status))
  );
}

function eventsOf({ refusal, handler }: RequestContext, status: number): readonly string[] {
  const strikes = handler?.traits.strikes ?? NONE;
  if (strikes.length === 0) return refusal === undefined ? NONE : [refusal.strikeEvent];
  const events = strikes.filter(({ statuses }) => statuses.includes(status)).map(({ event }) => event);
  return refusal === undefined ? events : [...events, refusal.strikeEvent];
}
