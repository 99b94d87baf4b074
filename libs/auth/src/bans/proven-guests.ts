import { Inject, Injectable } from '@nestjs/common';
import { chain, type MaybePromise } from '../async/maybe-promise.js';
import { RecentlyUsed } from '../recently-used.js';
import type { RequestContext } from '../request/request-context.js';
import { BAN_SETTINGS, type BanSettings } from './ban-settings.js';
import { sumKey } from './sliding-sums.js';
import type { StrikeCounter } from './strike-counter.js';
import type { StrikeRule } from './strike-rules.js';

const REMEMBERED_ABUSERS = 10_000;

/**
 * Whoever was let in at a banned address, because they have proven who they are (`bans.letInProven`), or to be no program
 * (`bans.challenge`). What nobody else pays for there, they
 * do: at the limit they are let in no longer than anybody else.
 */
@Injectable()
export class ProvenGuests {
  /** The names of those who pay. */
  readonly #guests = new WeakMap<RequestContext, string>();
  readonly #abusers: RecentlyUsed<true>;

  constructor(@Inject(BAN_SETTINGS) private readonly options: BanSettings) {
    const [seconds] = options.bans.durationsSeconds;
    this.#abusers = new RecentlyUsed<true>(REMEMBERED_ABUSERS, (seconds as number) * 1000);
  }

  /** To be called when the caller of a request has proven to be somebody. @param name who pays for what is done there */
  welcome(context: RequestContext, name: string): void {
    this.#guests.set(context, name);
  }

  /** Whether the request may go on, though its address is banned. */
  isWelcome(context: RequestContext): boolean {
    const guest = this.#guests.get(context);
    return guest !== undefined && !this.#abusers.has(guest);
  }

  /** Charges a strike to a guest that the banned address bears no more. */
  charge(rule: StrikeRule, context: RequestContext, counter: StrikeCounter): MaybePromise<void> {
    const guest = this.#guests.get(context);
    if (guest === undefined || rule.shadow) return undefined;
    const { strikeLimit } = this.options.bans;
    const points = Math.min(rule.score, strikeLimit);
    return chain(
      counter.add('identity', sumKey('guest', rule.id, guest), points, rule.windowSeconds),
      (total) => {
        if (total >= strikeLimit) this.#abusers.set(guest, true);
      },
    );
  }
}
