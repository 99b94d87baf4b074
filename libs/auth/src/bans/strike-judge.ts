import { Inject, Injectable, Logger } from '@nestjs/common';
import { CredentialSchemes } from '../credentials/credential-schemes.js';
import { SecurityEvents } from '../events/security-events.js';
import type { Identity } from '../identity/identity.js';
import type { IpAddress, IpNetwork } from '../net/ip-address.js';
import type { RequestContext } from '../request/request-context.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { ADDRESS_STRUCK, IDENTITY_ABUSIVE, IDENTITY_STRUCK } from './ban-events.js';
import { BanExemptions } from './ban-exemptions.js';
import { BanService } from './ban-service.js';
import { BAN_SETTINGS, type BanSettings } from './ban-settings.js';
import { HONEYPOT_RULE } from './default-strike-rules.js';
import { FinishedResponse } from './finished-response.js';
import { OffenderNetworks } from './offender-networks.js';
import { SharedAddresses } from './shared-addresses.js';
import { StrikeCounter } from './strike-counter.js';
import { StrikeEvidence } from './strike-evidence.js';
import { StrikeRuleMatcher } from './strike-rule-matcher.js';
import { matches, type StrikeRule } from './strike-rules.js';

/** That somebody known is at an address is noted so often at most; it is remembered for far longer. */
const NOTED_EVERY_MS = 60_000;

/** Who was last served. */
interface Served {
  readonly identity: Identity;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Judges each response by the rules, once, and bans at the limit. */
@Injectable()
export class StrikeJudge {
  readonly #logger = new Logger('Portcullis');
  /** Also the rules of handlers, from when they are first broken. */
  readonly #rules: Set<StrikeRule>;
  readonly #counter: StrikeCounter;
  readonly #evidence = new StrikeEvidence();
  readonly #shared: SharedAddresses;
  readonly #served = new WeakMap<IpAddress, Served>();
  /** A honeypot is touched once by a request, however many guards see it. */
  readonly #honeypots = new WeakMap<RequestContext, Promise<unknown>>();
  readonly #networks: OffenderNetworks;
  readonly #matcher: StrikeRuleMatcher;

  constructor(
    @Inject(BAN_SETTINGS) private readonly options: BanSettings,
    private readonly events: SecurityEvents,
    private readonly exemptions: BanExemptions,
    private readonly bans: BanService,
    private readonly schemes: CredentialSchemes,
    lifecycle: RequestLifecycle,
  ) {
    const { rules, strikeLimiter } = options.bans;
    const hasHoneypots = rules.some(({ match }) => [match.event].flat().includes('honeypot'));
    const general = hasHoneypots ? rules : [...rules, HONEYPOT_RULE];
    this.#rules = new Set(general);
    this.#matcher = new StrikeRuleMatcher(general);
    this.#counter = new StrikeCounter(options.now, strikeLimiter);
    this.#shared = new SharedAddresses(options.now);
    this.#networks = new OffenderNetworks(options.bans);
    bans.onRelease((network) => this.#forget(network));
    lifecycle.onSettled((context, status) => this.judge(context, status));
  }

  /** Judges a response that is over. */
  judge(context: RequestContext, status: number): void {
    if (isBeyondJudgement(context)) return;
    const events = eventsOf(context, status);
    if (!this.#score(this.#responseOf(context, status, events)) && status < 400) this.#noteServed(context);
  }

  /** Whether the request has touched a honeypot, and that was judged. */
  isReported(context: RequestContext): boolean {
    return this.#honeypots.has(context);
  }

  /** Judges that a honeypot was touched, before there is a response; resolves when that has been counted. */
  async reportHoneypot(context: RequestContext): Promise<void> {
    const known = this.#honeypots.get(context);
    const report = known ?? Promise.resolve(this.#score(this.#responseOf(context, undefined, ['honeypot'])));
    this.#honeypots.set(context, report);
    await report;
  }

  #responseOf(
    context: RequestContext,
    status: number | undefined,
    events: readonly string[],
  ): FinishedResponse {
    return new FinishedResponse(context, status, events, this.schemes);
  }

  /** @returns undefined where no rule was broken, so that an honest response costs no promise */
  #score(response: FinishedResponse): Promise<unknown> | undefined {
    const general = this.#matcher.brokenBy(response);
    const ofHandler = response.context.handler?.traits.strikes ?? NONE;
    if (general.length === 0 && ofHandler.length === 0) return undefined;
    const broken = [
      ...general,
      ...ofHandler.flatMap(({ rule }) => (rule && matches(rule, response) ? rule : [])),
    ];
    return broken.length === 0
      ? undefined
      : Promise.all(broken.map((rule) => this.#charge(rule, response).catch((error) => this.#report(error))));
  }

  /** Abuse with a valid credential is first of all that credential's: others may share its address. */
  async #charge(rule: StrikeRule, response: FinishedResponse): Promise<void> {
    const { context } = response;
    this.#rules.add(rule);
    const proven = context.user ?? context.app;
    const identity = proven && nameOf(proven);
    const exemption = this.exemptions.of(context.address);
    const isExempt = exemption !== undefined && exemption !== 'private';
    if (identity === undefined && isExempt) return;
    const [subscriber] = this.#networks.of(context.address);
    const whom = identity ?? subscriber?.network.text;
    const { distinct, windowSeconds } = rule;
    if (distinct !== undefined) {
      const distinctKey = response.distinctKey(distinct);
      if (!(await this.#counter.isNew(`${rule.id} ${whom} ${distinctKey}`, windowSeconds))) return;
    }
    if (identity !== undefined && (await this.#chargeIdentity(rule, response, identity))) return;
    if (!isExempt) await this.#chargeAddress(rule, response, exemption === 'private');
  }

  /** @returns whether the identity bears it alone: up to its limit */
  async #chargeIdentity(
    { id: rule, score, windowSeconds }: StrikeRule,
    { context: { facts: request } }: FinishedResponse,
    identity: string,
  ): Promise<boolean> {
    const { strikeLimit } = this.options.bans;
    const points = Math.min(score, strikeLimit);
    const total = await this.#counter.add(`${rule} ${identity}`, points, windowSeconds);
    this.events.emit(IDENTITY_STRUCK, { request, rule, points, total });
    if (total - points >= strikeLimit) return false;
    if (total >= strikeLimit) this.events.emit(IDENTITY_ABUSIVE, { request, rule, total });
    return true;
  }

  async #chargeAddress(rule: StrikeRule, response: FinishedResponse, isPrivate: boolean): Promise<void> {
    const { context, reason } = response;
    const { bans } = this.options;
    const shadow = bans.shadow || rule.shadow === true;
    // What was under way when the ban came would otherwise begin the next one.
    const active = this.bans.find(context.address);
    if (active !== undefined && (!active.shadow || shadow)) return;

    const networks = this.#networks.of(context.address).map(({ network, factor }) => ({
      network,
      limit: bans.strikeLimit * factor * this.#shared.factorOf(network.text),
    }));
    let points = Math.min(rule.score, networks[0]?.limit ?? 0);
    const strike = response.strikeBy(rule, points, this.options.now());
    for (const [level, { network, limit }] of networks.entries()) {
      const total = await this.#counter.add(sumOf(rule, network), points, this.#windowOf(rule, level));
      this.#evidence.add(network.text, strike);
      if (level === 0) {
        const { facts: request } = context;
        this.events.emit(ADDRESS_STRUCK, { request, rule: rule.id, points, total, limit, shadow, reason });
      }
      if (total >= limit) {
        if (isPrivate) return this.exemptions.warnOf(context.address);
        await this.#ban(rule, network, total, shadow);
      }
      const wider = networks[level + 1];
      if (wider === undefined) return;
      // A neighbour counts for the wider network up to its own limit and no farther, so that there have to be several. Its own sum
      // shows nothing: it begins anew with each ban.
      const part = `${sumOf(rule, network)} in ${wider.network.text}`;
      const given = (await this.#counter.add(part, points, this.#windowOf(rule, level + 1))) - points;
      points = Math.min(points, Math.max(0, limit - given));
      if (points === 0) return;
    }
  }

  async #ban(rule: StrikeRule, network: IpNetwork, total: number, shadow: boolean): Promise<void> {
    const strikes = this.#evidence.of(network.text);
    const reason = `${total} points by the rule ${rule.id}`;
    await this.bans.banByRule(network, { rule: rule.id, reason, shadow, strikes });
    await this.#reset(rule, network);
    this.#evidence.forget(network.text);
  }

  /** Neighbours are looked at for as long as the first of them stays banned: they may well come one after another. */
  #windowOf({ windowSeconds }: StrikeRule, level: number): number {
    return level === 0 ? windowSeconds : windowSeconds + (this.options.bans.durationsSeconds[0] as number);
  }

  #noteServed({ address, user, app }: RequestContext): void {
    const identity = user ?? app;
    if (identity === undefined) return;
    const now = this.options.now();
    const last = this.#served.get(address);
    if (last?.identity === identity && Math.abs(now - last.at) < NOTED_EVERY_MS) return;
    this.#served.set(address, { identity, at: now });
    for (const { network } of this.#networks.of(address)) this.#shared.note(network.text, nameOf(identity));
  }

  #forget(network: IpNetwork): void {
    this.#evidence.forget(network.text);
    for (const rule of this.#rules) this.#reset(rule, network).catch((error) => this.#report(error));
  }

  async #reset(rule: StrikeRule, network: IpNetwork): Promise<void> {
    const sum = sumOf(rule, network);
    await this.#counter.reset(sum, this.#windowOf(rule, 0));
    await this.#counter.reset(sum, this.#windowOf(rule, 1));
  }

  /** The response is long on its way. */
  #report(error: unknown): void {
    this.#logger.error('A strike could not be counted', error instanceof Error ? error.stack : undefined);
  }
}

const NONE: readonly never[] = [];

function isBeyondJudgement({ countsForStrikes, handler, refusal, isPreflight }: RequestContext): boolean {
  if (!countsForStrikes || handler?.traits.banExempt) return true;
  // A banned caller who keeps knocking is refused already, and a honeypot has reported itself.
  if (refusal?.code === 'address_banned' || handler?.traits.honeypot) return true;
  // A browser's preflight meets no handler and carries no credential; what does either only looks like one.
  return (
    isPreflight && (refusal === undefined ? handler === undefined : refusal.code === 'credentials_required')
  );
}

function eventsOf({ refusal, handler }: RequestContext, status: number): readonly string[] {
  const strikes = handler?.traits.strikes ?? NONE;
  if (strikes.length === 0) return refusal === undefined ? NONE : [refusal.strikeEvent];
  const events = strikes.filter(({ statuses }) => statuses.includes(status)).map(({ event }) => event);
  return refusal === undefined ? events : [...events, refusal.strikeEvent];
}

function sumOf({ id }: StrikeRule, { text }: IpNetwork): string {
  return `${id} ${text}`;
}

/** A proven identity, as one text. A user with many personal tokens is one user still: everybody can make more for themself. */
function nameOf(identity: Identity): string {
  if (identity.kind === 'user') return JSON.stringify(['user', identity.issuer, identity.subject]);
  const { keyId, issuer, appId } = identity;
  return JSON.stringify(keyId === undefined ? ['app', issuer, appId] : ['key', keyId]);
}
