import { Inject, Injectable } from '@nestjs/common';
import { ProvenGuests } from '../bans/proven-guests.js';
import { StrikeLedger } from '../bans/strike-ledger.js';
import { RecentlyUsed } from '../recently-used.js';
import type { RequestContext } from '../request/request-context.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { GUARD_SETTINGS, type GuardSettings } from './guard-settings.js';

/** How many a banned network has in a day that prove nobody: those of an address that is banned again and again. */
const KNOCKS = 10;
const WINDOW_MS = 24 * 3_600_000;

const REMEMBERED_NETWORKS = 50_000;

/** What a network has left to be given back, since a time (milliseconds since the epoch). */
interface Knocks {
  count: number;
  readonly since: number;
}

/**
 * Lets people log in, and go on with a refresh token, at a banned address where somebody known was served within a day: what proves them is
 * in a body, which nobody reads ahead. A knock is a POST to whatever takes it. It is counted before, and given back when an attempt under
 * `@Strikes` has ended well.
 */
@Injectable()
export class GuestKnocks {
  readonly #knocks = new RecentlyUsed<Knocks>(REMEMBERED_NETWORKS);
  readonly #knocking = new WeakMap<RequestContext, Knocks>();

  constructor(
    @Inject(GUARD_SETTINGS) private readonly settings: GuardSettings,
    private readonly guests: ProvenGuests,
    private readonly ledger: StrikeLedger,
    lifecycle: RequestLifecycle,
  ) {
    if (settings.bans.letInProven) lifecycle.onSettled((request, status) => this.#end(request, status));
  }

  /** Makes a request welcome that may be about to prove somebody. */
  welcome(request: RequestContext): void {
    if (!this.settings.bans.letInProven || request.method !== 'POST') return;
    const network = this.ledger.subscriberOf(request.address);
    if (this.ledger.shared.factorOf(network) === 1) return;
    const knocks = this.#knocksOf(network);
    if (knocks.count >= KNOCKS) return;
    knocks.count++;
    this.#knocking.set(request, knocks);
    this.guests.welcome(request, `knocks ${network}`);
  }

  #end(request: RequestContext, status: number): void {
    const knocks = this.#knocking.get(request);
    if (knocks !== undefined && status < 400 && request.handler?.traits.strikes !== undefined) knocks.count--;
  }

  #knocksOf(network: string): Knocks {
    const now = this.settings.now();
    const before = this.#knocks.get(network);
    if (before !== undefined && Math.abs(now - before.since) < WINDOW_MS) return before;
    const knocks = { count: 0, since: now };
    this.#knocks.set(network, knocks);
    return knocks;
  }
}
