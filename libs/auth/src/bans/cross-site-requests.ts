import { RecentlyUsed } from '../recently-used.js';
import type { RequestContext } from '../request/request-context.js';

/** Within so long another site is to blame for so many requests of one subscriber, and no more: anybody may say that it was one. */
const WINDOW_MS = 3_600_000;
const FORGIVEN = 20;

/** Subscribers that are remembered. */
const REMEMBERED = 20_000;

/** What a page can have the browsers of its visitors send without asking first. */
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST'];

interface Window {
  readonly until: number;
  forgiven: number;
}

/** Which requests other sites have made browsers send, as far as that may be believed. */
export class CrossSiteRequests {
  readonly #windows = new RecentlyUsed<Window>(REMEMBERED);

  constructor(private readonly now: () => number) {}

  /** Whether another site is to blame for a request that broke a rule: it counts as one of so many. */
  areToBlame(context: RequestContext, subscriber: string): boolean {
    if (context.header('sec-fetch-site') !== 'cross-site' || !METHODS.includes(context.method)) return false;
    const now = this.now();
    const known = this.#windows.get(subscriber);
    const window = known !== undefined && known.until > now ? known : { until: now + WINDOW_MS, forgiven: 0 };
    if (window !== known) this.#windows.set(subscriber, window);
    return ++window.forgiven <= FORGIVEN;
  }
}
