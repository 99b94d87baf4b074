import { Inject, Injectable } from '@nestjs/common';
import { BAN_SETTINGS, type BanSettings } from '../bans/ban-settings.js';
import { ChallengePasses } from '../bans/challenge-passes.js';
import { ProvenGuests } from '../bans/proven-guests.js';
import { subscriberNetworkOf } from '../net/ip-address.js';
import { type RequestCount, RequestCounter } from '../rate-limits/request-counter.js';
import type { RequestContext } from '../request/request-context.js';
import type { Problem } from './problem-details.js';

/** How often a banned network may ask for the page of the challenge. */
const VISITS = { requests: 30, windowSeconds: 60 };

/** A longer target is not what somebody wants to come back to. */
const LONGEST_TARGET = 2_000;

/**
 * The way in for banned people who show that they are no program (`bans.challenge`): what they have to do is the app's own, on a page that
 * stays open to them.
 */
@Injectable()
export class Challenge {
  readonly #visits: RequestCounter;

  constructor(
    @Inject(BAN_SETTINGS) private readonly settings: BanSettings,
    private readonly guests: ProvenGuests,
    private readonly passes: ChallengePasses,
  ) {
    this.#visits = new RequestCounter(settings.now, 'Visits of the challenge are counted');
  }

  /** Makes a request welcome that has a pass, or is about the challenge itself. */
  welcome(request: RequestContext): void {
    const { challenge } = this.settings.bans;
    if (challenge === undefined) return;
    const network = subscriberNetworkOf(request.address).text;
    // Each network pays by itself for what it does, and for each of the two apart.
    if (this.passes.isHeldBy(request)) this.guests.welcome(request, `pass ${network}`);
    else if (isAt(challenge.path, request.path) && this.#mayVisit(network))
      this.guests.welcome(request, `challenge ${network}`);
  }

  /** Where a browser is sent that wants to show a page to somebody. */
  redirectOf(request: RequestContext): Problem | undefined {
    const { challenge } = this.settings.bans;
    const wantsPage = request.method === 'GET' && request.header('accept')?.includes('text/html') === true;
    if (challenge === undefined || !wantsPage || isAt(challenge.path, request.path)) return undefined;
    const { target } = request;
    // Two slashes would name another host.
    const isOwn = /^\/(?![/\\])/.test(target) && target.length <= LONGEST_TARGET;
    const query = isOwn ? `?return_to=${encodeURIComponent(target)}` : '';
    return {
      status: 303,
      headers: { Location: challenge.path + query, 'Cache-Control': 'no-store' },
      body: '',
    };
  }

  #mayVisit(network: string): boolean {
    const { count } = this.#visits.count('address', network, VISITS) as RequestCount;
    return count <= VISITS.requests;
  }
}

/** Nothing in it may lead anywhere else, whoever resolves it. */
function isAt(path: string, asked: string): boolean {
  return (
    asked === path ||
    (asked.startsWith(`${path}/`) && /^[\w/-]+(?:\.\w+)?$/.test(asked) && !asked.includes('//'))
  );
}
