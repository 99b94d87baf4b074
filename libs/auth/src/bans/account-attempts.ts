import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { allOf, atOnce, chain, type MaybePromise } from '../async/maybe-promise.js';
import { SecurityEvents } from '../events/security-events.js';
import { RecentlyUsed } from '../recently-used.js';
import type { RequestContext } from '../request/request-context.js';
import { LONGEST_WAIT_MS, tooManyAttempts } from './attempt-refusals.js';
import { ACCOUNT_ATTACKED } from './ban-events.js';
import { BanExemptions } from './ban-exemptions.js';
import { sumKey } from './sliding-sums.js';
import { StrikeLedger } from './strike-ledger.js';

/** How many failures of others an account bears before attempts at it are slowed down. */
const FREE_FAILURES = 10;

/** How long failures are remembered, in seconds. */
const WINDOW_SECONDS = 600;

/** How many attempts may wait, at whatever accounts. */
const WAITING_AT_MOST = 1_000;

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 8_000;

/** From which network which account was logged in to. */
const REMEMBERED_HOMES = 50_000;
const HOME_FOR_MS = 30 * 24 * 3_600_000;

/** Attacks that were told of. */
const REPORTED_ACCOUNTS = 10_000;

/** An attempt at an account, while it lasts. */
interface AccountAttempt {
  readonly account: string;
  /** The account from the network that answers for the address. */
  readonly home: string;
  /** Whether the network can be told from others: behind a proxy that nobody has named there are all kinds of people. */
  readonly isTold: boolean;
  /** Whether it counts for the account: of one network only so many do as it has strikes. */
  readonly counts: boolean;
}

/**
 * Slows down attempts at one account that come from many addresses, each of which stays below its own limit. The more of them fail,
 * the longer the next from another network waits; one network makes one attempt at a time. Networks from which somebody has logged in to
 * the account don't wait: strangers can slow down each other, and lock out nobody.
 */
@Injectable()
export class AccountAttempts {
  readonly #attempts = new WeakMap<RequestContext, AccountAttempt>();
  /** How many are under way, by account and by home. */
  readonly #underWay = new Map<string, number>();
  #waiting = 0;
  readonly #homes = new RecentlyUsed<true>(REMEMBERED_HOMES, HOME_FOR_MS);
  /** How many doublings of the failures at an account are known. */
  readonly #reported = new RecentlyUsed<number>(REPORTED_ACCOUNTS, WINDOW_SECONDS * 1000);

  constructor(
    private readonly ledger: StrikeLedger,
    private readonly exemptions: BanExemptions,
    private readonly events: SecurityEvents,
  ) {}

  /**
   * Begins an attempt, if it names an account.
   *
   * @returns a promise where it has to wait
   * @throws PortcullisError `too_many_attempts` where it would wait for too long
   */
  begin(context: RequestContext): MaybePromise<void> {
    if (this.#attempts.has(context)) return undefined;
    const digest = accountOf(context);
    if (digest === undefined) return undefined;
    const account = sumKey('account', digest);
    const home = sumKey(account, this.ledger.subscriberOf(context.address));
    const exemption = this.exemptions.of(context.address);
    const isTold = exemption === undefined || exemption === 'allowed';
    // Counted before anything is waited for: what is under way may fail as well.
    const before = { account: this.#countOf(account), home: this.#countOf(home) };
    const attempt = { account, home, isTold, counts: before.home < FREE_FAILURES };
    this.#attempts.set(context, attempt);
    this.#change(attempt, 1);
    if (isTold && this.#homes.get(home)) return undefined;
    return chain(this.#failuresOf(attempt), ([ofAccount, ofHome]) => {
      const ofHere = ofHome + Math.min(before.home, FREE_FAILURES);
      const ofOthers = isTold ? ofAccount + before.account - ofHere : ofAccount;
      const delay = delayAfter(ofOthers) * (isTold ? 1 + before.home : 1);
      if (delay === 0) return undefined;
      this.#report(context, digest, ofOthers, delay);
      if (delay > LONGEST_WAIT_MS || this.#waiting >= WAITING_AT_MOST)
        throw tooManyAttempts(`an account is attacked: ${ofOthers} other attempts at it`, delay);
      return this.#wait(delay);
    });
  }

  /** Once for each doubling: a flood is to be seen, and not to be a flood of events. */
  #report({ facts: request }: RequestContext, account: string, failures: number, delay: number): void {
    const doublings = Math.floor(Math.log2(failures / FREE_FAILURES));
    const reported = this.#reported.get(account);
    if (reported !== undefined && reported >= doublings) return;
    this.#reported.set(account, doublings);
    this.events.emit(ACCOUNT_ATTACKED, { request, account, failures, delaySeconds: delay / 1000 });
  }

  async #wait(delay: number): Promise<void> {
    this.#waiting++;
    await new Promise((resolve) => setTimeout(resolve, delay).unref());
    this.#waiting--;
  }

  /** Ends an attempt. @param status of the answer; undefined where there is none */
  end(context: RequestContext, status: number | undefined): void {
    const attempt = this.#attempts.get(context);
    if (attempt === undefined) return;
    this.#attempts.delete(context);
    this.#change(attempt, -1);
    if (status === undefined) return;
    // First: where a login answers by redirects, a status below 400 may well be a failure.
    if (hasFailed(context, status)) {
      for (const key of [attempt.account, attempt.home])
        void this.ledger.counter.add('account', key, 1, WINDOW_SECONDS);
    } else if (status < 400 && attempt.isTold) this.#homes.set(attempt.home, true);
  }

  #failuresOf({ account, home }: AccountAttempt): MaybePromise<readonly [number, number]> {
    const { counter } = this.ledger;
    const failures = allOf([account, home].map((key) => counter.get('account', key, WINDOW_SECONDS)));
    return failures as MaybePromise<readonly [number, number]>;
  }

  #countOf(key: string): number {
    return this.#underWay.get(key) ?? 0;
  }

  #change({ account, home, counts }: AccountAttempt, by: 1 | -1): void {
    for (const key of counts ? [account, home] : [home]) {
      const count = this.#countOf(key) + by;
      if (count > 0) this.#underWay.set(key, count);
      else this.#underWay.delete(key);
    }
  }
}

/** The account that the request is about, as a digest: names are personal, and as long as somebody likes. */
function accountOf(context: RequestContext): string | undefined {
  for (const { subject } of context.handler?.traits.strikes ?? []) {
    const name =
      typeof subject === 'function'
        ? atOnce(subject(context), 'the subject of an attempt')
        : subject && context.fieldOf(subject);
    if (name !== undefined && name !== '') return digestOf(String(name));
  }
  return undefined;
}

function digestOf(name: string): string {
  const same = name.normalize('NFKC').trim().toLowerCase();
  return createHash('sha256').update(same).digest('base64url').slice(0, 22);
}

function hasFailed({ refusal, handler }: RequestContext, status: number): boolean {
  return (
    refusal === undefined &&
    handler?.traits.strikes?.some(({ statuses }) => statuses.includes(status)) === true
  );
}

/** Twice as long with each doubling, and never so long that it would be a lock. */
function delayAfter(failures: number): number {
  if (failures < FREE_FAILURES) return 0;
  const doublings = Math.floor(Math.log2(failures / FREE_FAILURES));
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** doublings);
}
