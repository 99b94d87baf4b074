import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ProvenGuests } from '../bans/proven-guests.js';
import { CredentialCheck } from '../credentials/credential-check.js';
import { CredentialSchemes } from '../credentials/credential-schemes.js';
import { PortcullisError } from '../errors.js';
import { identityNameOf } from '../identity/identity-name.js';
import { subscriberNetworkOf } from '../net/ip-address.js';
import { RecentlyUsed } from '../recently-used.js';
import type { RequestContext } from '../request/request-context.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { GUARD_SETTINGS, type GuardSettings } from './guard-settings.js';

/** How many credentials that prove nobody are looked at of a banned network in a window; what is being looked at counts as one. */
const LOOKS = 10;
const WINDOW_MS = 600_000;

/** How many are looked at at once, of all networks. */
const LOOKS_AT_ONCE = 50;

const REMEMBERED_NETWORKS = 50_000;

/** Credentials that have proven somebody lately are looked at whatever their neighbours did. */
const KNOWN_CREDENTIALS = 50_000;
const KNOWN_FOR_MS = 3_600_000;

/** What was looked at of a network. */
interface Looks {
  failed: number;
  running: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/**
 * Lets callers in at banned addresses who prove who they are, by a credential in the head of their request. A banned network has a few
 * looks, which are counted before they are taken: whoever floods has nothing verified, and whoever guesses gets no more guesses than elsewhere.
 */
@Injectable()
export class GuestProofs {
  readonly #looks = new RecentlyUsed<Looks>(REMEMBERED_NETWORKS);
  readonly #known = new RecentlyUsed<true>(KNOWN_CREDENTIALS, KNOWN_FOR_MS);
  #running = 0;

  constructor(
    @Inject(GUARD_SETTINGS) private readonly settings: GuardSettings,
    private readonly guests: ProvenGuests,
    private readonly credentials: CredentialCheck,
    private readonly schemes: CredentialSchemes,
    lifecycle: RequestLifecycle,
  ) {
    if (settings.bans.letInProven)
      lifecycle.onSettled((request, status) => {
        if (status < 400 && (request.user ?? request.app) !== undefined)
          this.#known.set(this.#digestOf(request), true);
      });
  }

  /** Whether it is worth to look at what a banned caller has sent. */
  mayProve(request: RequestContext): boolean {
    if (!this.settings.bans.letInProven || !this.schemes.areUsedBy(request)) return false;
    if (this.#running >= LOOKS_AT_ONCE) return false;
    const { failed, running } = this.#looksAt(request);
    return failed + running < LOOKS || this.#known.has(this.#digestOf(request));
  }

  /**
   * Looks at what a banned caller has sent; it is welcome when that proves somebody. Never fails.
   *
   * @returns the refusal of what is good but for our nonce, which can't be known from before: it says where to get one
   */
  async prove(request: RequestContext): Promise<PortcullisError | undefined> {
    const looks = this.#looksAt(request);
    looks.running++;
    this.#running++;
    try {
      const identity = await this.credentials.proveAhead(request);
      if (identity === undefined) looks.failed++;
      else this.guests.welcome(request, identityNameOf(identity));
    } catch (error) {
      looks.failed++;
      if (error instanceof PortcullisError && error.refusal.bringsWhatIsMissing) return error;
      this.#known.delete(this.#digestOf(request));
    } finally {
      looks.running--;
      this.#running--;
    }
    return undefined;
  }

  #looksAt({ address }: RequestContext): Looks {
    const network = subscriberNetworkOf(address).text;
    const now = this.settings.now();
    const before = this.#looks.get(network);
    if (before !== undefined && Math.abs(now - before.since) < WINDOW_MS) return before;
    const looks = { failed: 0, running: 0, since: now };
    this.#looks.set(network, looks);
    return looks;
  }

  #digestOf(request: RequestContext): string {
    return createHash('sha256').update(this.schemes.fingerprintOf(request)).digest('base64url');
  }
}
