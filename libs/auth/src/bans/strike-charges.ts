import { chain, type MaybePromise } from '../async/maybe-promise.js';
import type { SecurityEvents } from '../events/security-events.js';
import { identityNameOf } from '../identity/identity-name.js';
import { Log } from '../log.js';
import { derivedKeys } from '../sealing/derived-keys.js';
import { IDENTITY_ABUSIVE, IDENTITY_STRUCK } from './ban-events.js';
import type { BanExemptions } from './ban-exemptions.js';
import type { BanSettings } from './ban-settings.js';
import { CrossSiteRequests } from './cross-site-requests.js';
import type { FinishedResponse } from './finished-response.js';
import { lookingLonger, sumNameOf } from './longer-look.js';
import { repeatedBy } from './same-again.js';
import { sumKey } from './sliding-sums.js';
import type { StrikeLedger } from './strike-ledger.js';
import type { StrikeRule } from './strike-rules.js';

/** Charges broken rules to whoever has to bear them: a proven identity, the address, or both. */
export class StrikeCharges {
  readonly #logger = new Log();
  readonly #crossSite: CrossSiteRequests;
  /** By which passwords are told apart. Where the app has no key to share, each instance does so by itself. */
  readonly #guessKey: Buffer;

  constructor(
    private readonly options: BanSettings,
    private readonly events: SecurityEvents,
    private readonly exemptions: BanExemptions,
    private readonly ledger: StrikeLedger,
  ) {
    const { keyEncryptionKeys } = options.tokens?.issuer ?? {};
    this.#guessKey = derivedKeys(keyEncryptionKeys, 'portcullis guessed passwords')[0] as Buffer;
    this.#crossSite = new CrossSiteRequests(options.now);
  }

  /** @returns a promise only where others have to be asked: in this process each strike has counted already */
  chargeAll(rules: readonly StrikeRule[], response: FinishedResponse): MaybePromise<unknown> {
    let charging: Promise<unknown> | undefined;
    for (const rule of rules) {
      const charged = this.#chargeSafely(rule, response);
      if (charged instanceof Promise)
        charging = charging === undefined ? charged : Promise.all([charging, charged]);
    }
    return charging;
  }

  #chargeSafely(rule: StrikeRule, response: FinishedResponse): MaybePromise<void> {
    try {
      const charged = this.#charge(rule, response);
      return charged instanceof Promise ? charged.catch((error) => this.#report(error)) : charged;
    } catch (error) {
      this.#report(error);
    }
  }

  /** Abuse with a valid credential is first of all that credential's: others may share its address. What bans at once is of both. */
  #charge(rule: StrikeRule, response: FinishedResponse): MaybePromise<void> {
    const { address, user, app } = response.context;
    const proven = user ?? app;
    const exemption = this.exemptions.of(address);
    if (proven === undefined && exemption !== undefined && exemption !== 'private') return undefined;
    if (proven === undefined && this.ledger.spares(rule, response.context)) return undefined;
    const identity = proven && identityNameOf(proven);
    const subscriber = this.ledger.subscriberOf(address);
    const once =
      rule.distinct && sumKey(rule.id, identity ?? subscriber, response.distinctKey(rule, this.#guessKey));
    if (rule.lenient === true)
      response.blameOthers(() => this.#crossSite.areToBlame(response.context, subscriber));
    const charged = this.#chargeOnce(once, rule, response, identity);
    if (!(charged instanceof Promise) || (identity !== undefined && !response.bansAtOnce(rule)))
      return charged;
    return charged.finally(this.ledger.anticipate(rule, response, once));
  }

  #chargeOnce(
    once: string | undefined,
    rule: StrikeRule,
    response: FinishedResponse,
    identity: string | undefined,
  ): MaybePromise<void> {
    if (once === undefined || rule.distinct === undefined) return this.#chargeWhom(rule, response, identity);
    return chain(
      this.ledger.counter.isNew(
        rule.distinct === 'credential' ? 'credential' : 'path',
        once,
        rule.windowSeconds,
      ),
      (isNew) => {
        const counted = isNew ? rule : repeatedBy(rule);
        return counted && this.#chargeWhom(counted, response, identity);
      },
    );
  }

  #chargeWhom(
    rule: StrikeRule,
    response: FinishedResponse,
    identity: string | undefined,
  ): MaybePromise<void> {
    if (identity === undefined) return this.ledger.charge(rule, response);
    return chain(this.#chargeIdentity(rule, response, identity), (isBorne) =>
      isBorne ? undefined : this.ledger.charge(rule, response),
    );
  }

  /** @returns whether the identity bears it alone: up to its limit, or always where it is a mistake, unless the rule bans at once */
  #chargeIdentity(rule: StrikeRule, response: FinishedResponse, identity: string): MaybePromise<boolean> {
    const bearing = this.#addToIdentity(rule, response, identity, false);
    const longer = lookingLonger(rule);
    if (longer === undefined) return bearing;
    return chain(bearing, (isBorne) =>
      chain(
        this.#addToIdentity(longer, response, identity, true),
        (isBorneForLonger) => isBorne && isBorneForLonger,
      ),
    );
  }

  /** @param isAgain whether the same was counted by a shorter look, and told of */
  #addToIdentity(
    rule: StrikeRule,
    response: FinishedResponse,
    identity: string,
    isAgain: boolean,
  ): MaybePromise<boolean> {
    const limit = this.options.bans.strikeLimit * (rule.limitFactor ?? 1);
    const points = response.pointsFor(rule, limit);
    return chain(
      this.ledger.counter.add('identity', sumKey(sumNameOf(rule), identity), points, rule.windowSeconds),
      (total) => {
        const strike = { request: response.context.facts, rule: rule.id, total };
        if (!isAgain) this.events.emit(IDENTITY_STRUCK, { ...strike, points });
        if (total - points >= limit) return rule.mistake === true;
        if (total >= limit) this.events.emit(IDENTITY_ABUSIVE, strike);
        return !response.bansAtOnce(rule);
      },
    );
  }

  /** The answer is on its way. */
  #report(error: unknown): void {
    this.#logger.error('A strike could not be counted', error);
  }
}
