import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { chain, type MaybePromise } from '../async/maybe-promise.js';
import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import type { RequestContext } from '../request/request-context.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { AccountAttempts } from './account-attempts.js';
import { LONGEST_WAIT_MS, tooManyAttempts } from './attempt-refusals.js';
import { BanCheck } from './ban-check.js';
import { BAN_SETTINGS, type BanSettings } from './ban-settings.js';
import { StrikeJudge } from './strike-judge.js';
import { type Allowance, StrikeLedger } from './strike-ledger.js';
import type { StrikeRule } from './strike-rules.js';

/** How many attempts may wait around one address, and altogether. */
const WAITING_AROUND_ONE = 100;
const WAITING_AT_MOST = 1_000;

/**
 * How long an attempt counts after its client has gone, in milliseconds: it may never end, since Nest stops what is observed by nobody.
 * While its client is there an attempt has no limit, or else who is slow enough could make more of them.
 */
const LEFT_MS = 5_000;

/** An attempt whose turn has not come. */
interface Waiting {
  readonly context: RequestContext;
  readonly rules: readonly StrikeRule[];
  /** The network that answers for it first. */
  readonly subscriber: string;
  /** Ends the waiting, by a refusal or without one. */
  readonly end: (refusal?: PortcullisError) => void;
}

/** What a running attempt holds up. */
interface Running {
  /** Of the allowances that it may use up. */
  readonly keys: readonly string[];
  /** The widest network that answers for it. */
  readonly around: string;
}

/**
 * Lets no more attempts run at once, where a handler decides on them (`@Strikes`), than their address has strikes left: whoever has ten
 * guesses gets ten, however many arrive together. Further ones wait in turn, and go on when one before them has ended well.
 */
@Injectable()
export class Attempts implements BeforeApplicationShutdown {
  /** A second guard asks for the same. */
  readonly #begun = new WeakSet<RequestContext>();
  /** Whose client has gone. */
  readonly #left = new WeakSet<RequestContext>();
  readonly #running = new WeakMap<RequestContext, Running>();
  /** How many run, by the keys of their allowances. */
  readonly #counts = new Map<string, number>();
  /** By the widest network that answers for them, in the order of their arrival. */
  readonly #queues = new Map<string, Set<Waiting>>();
  #waiting = 0;

  constructor(
    @Inject(BAN_SETTINGS) private readonly settings: BanSettings,
    private readonly judge: StrikeJudge,
    private readonly ledger: StrikeLedger,
    private readonly banCheck: BanCheck,
    private readonly accounts: AccountAttempts,
    lifecycle: RequestLifecycle,
  ) {
    judge.onJudged((context, status) => this.#end(context, status));
    lifecycle.onLeft((context) => this.#leave(context));
  }

  /** Lets nobody wait for an app that stops. */
  beforeApplicationShutdown(): void {
    for (const queue of this.#queues.values()) {
      for (const { end } of queue) end(new PortcullisError(TEMPORARILY_UNAVAILABLE, 'the app stops'));
    }
  }

  /**
   * Begins an attempt at what the request's handler decides. It ends when its answer has been judged.
   *
   * @returns a promise where it has to wait
   * @throws PortcullisError `too_many_attempts` when too many wait or it would wait for too long, `address_banned` when its address
   * was banned meanwhile
   */
  begin(context: RequestContext): MaybePromise<void> {
    if (this.settings.bans.shadow || this.#begun.has(context)) return undefined;
    const rules = this.judge.rulesAtStake(context);
    if (rules.length === 0) return undefined;
    this.#begun.add(context);
    const slowed = this.accounts.begin(context);
    return slowed instanceof Promise
      ? slowed.then(() => this.#enterLate(context, rules))
      : this.#ask(context, rules);
  }

  #enterLate(context: RequestContext, rules: readonly StrikeRule[]): MaybePromise<void> {
    const banned = this.banCheck.screen(context);
    if (banned !== undefined) throw banned;
    return this.#ask(context, rules);
  }

  #ask(context: RequestContext, rules: readonly StrikeRule[]): MaybePromise<void> {
    return chain(this.ledger.allowancesOf(rules, context.address), (allowances) =>
      this.#enter(context, rules, allowances),
    );
  }

  #enter(
    context: RequestContext,
    rules: readonly StrikeRule[],
    allowances: readonly Allowance[],
  ): MaybePromise<void> {
    if (this.#left.has(context)) throw hasLeft();
    if (allowances.length === 0) return undefined;
    const around = this.ledger.widestAround(context.address);
    const subscriber = this.ledger.subscriberOf(context.address);
    const others = [...(this.#queues.get(around) ?? [])];
    const isNext = others.every((other) => other.subscriber !== subscriber);
    if (isNext && this.#run(context, allowances, around)) return undefined;
    if (others.length >= WAITING_AROUND_ONE || this.#waiting >= WAITING_AT_MOST)
      throw tooManyAttempts(`${this.#waiting} attempts wait, ${others.length} of them around ${around}`);
    return this.#wait(context, rules, subscriber, around);
  }

  /** @returns whether the attempt may run now */
  #run(context: RequestContext, allowances: readonly Allowance[], around: string): boolean {
    const mayRun = allowances.every(({ key, strikes }) => (this.#counts.get(key) ?? 0) < strikes);
    if (!mayRun) return false;
    const keys = allowances.map(({ key }) => key);
    for (const key of keys) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    this.#running.set(context, { keys, around });
    return true;
  }

  #wait(
    context: RequestContext,
    rules: readonly StrikeRule[],
    subscriber: string,
    around: string,
  ): Promise<void> {
    const queue = this.#queues.get(around) ?? new Set();
    this.#queues.set(around, queue);
    this.#waiting++;
    return new Promise((resolve, reject) => {
      const end = (refusal?: PortcullisError) => {
        if (!queue.delete(waiting)) return;
        clearTimeout(timer);
        this.#waiting--;
        if (queue.size === 0) this.#queues.delete(around);
        if (refusal === undefined) resolve();
        else reject(refusal);
      };
      const waiting = { context, rules, subscriber, end };
      const timer = setTimeout(() => end(tooManyAttempts('its turn did not come')), LONGEST_WAIT_MS).unref();
      queue.add(waiting);
    });
  }

  /** Whoever waits and has gone makes room; what runs may still be answered, and counts for a while. */
  #leave(context: RequestContext): void {
    this.#left.add(context);
    if (!this.#begun.has(context)) return;
    const queue = [...(this.#queues.get(this.ledger.widestAround(context.address)) ?? [])];
    queue.find((waiting) => waiting.context === context)?.end(hasLeft());
    setTimeout(() => this.#end(context), LEFT_MS).unref();
  }

  /** @param status of the answer; undefined where there is none yet, and it is no longer waited for */
  #end(context: RequestContext, status?: number): void {
    this.accounts.end(context, status);
    const running = this.#running.get(context);
    if (running === undefined) return;
    this.#running.delete(context);
    for (const key of running.keys) {
      const count = (this.#counts.get(key) ?? 0) - 1;
      if (count > 0) this.#counts.set(key, count);
      else this.#counts.delete(key);
    }
    this.#wake(running.around);
  }

  /** Looks whose turn it is. */
  #wake(around: string): void {
    const called = new Set<string>();
    for (const waiting of this.#queues.get(around) ?? []) {
      const { context, subscriber, end } = waiting;
      const banned = this.banCheck.screen(context);
      if (banned !== undefined) end(banned);
      else if (!called.has(subscriber)) {
        called.add(subscriber);
        void this.#call(waiting, around);
      }
    }
  }

  /** Asks what the first of a subscriber may do, and lets as many go on in turn as that allows. */
  #call(first: Waiting, around: string): MaybePromise<void> {
    return chain(this.ledger.allowancesOf(first.rules, first.context.address), (allowances) => {
      for (const waiting of this.#queues.get(around) ?? []) {
        if (waiting.subscriber !== first.subscriber) continue;
        if (!areSame(waiting.rules, first.rules)) return this.#call(waiting, around);
        if (!this.#run(waiting.context, allowances, around)) return undefined;
        waiting.end();
      }
      return undefined;
    });
  }
}

function areSame(one: readonly StrikeRule[], other: readonly StrikeRule[]): boolean {
  return one.length === other.length && one.every((rule, index) => rule === other[index]);
}

/** Nobody gets this answer. */
function hasLeft(): PortcullisError {
  return tooManyAttempts('its client has gone before its turn came');
}
