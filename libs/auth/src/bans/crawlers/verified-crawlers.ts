import { Log } from '../../log.js';
import {
  type IpAddress,
  type IpNetwork,
  isWithin,
  parseIpNetwork,
  subscriberNetworkOf,
} from '../../net/ip-address.js';
import { RecentlyUsed } from '../../recently-used.js';
import type { RequestContext } from '../../request/request-context.js';
import type { StrikeRule } from '../strike-rules.js';
import { type DnsResolver, hasConfirmedName, systemResolver } from './crawler-lookup.js';
import type { KnownCrawler } from './known-crawlers.js';

const REMEMBERED = 10_000;
const LOOKUPS_AT_ONCE = 20;

/** How long what was found holds, in milliseconds. */
const VERIFIED_FOR_MS = 24 * 3_600_000;
const REFUTED_FOR_MS = 3_600_000;
/** And where nobody could say. */
const UNKNOWN_FOR_MS = 60_000;

/** Whether a rule is about what was asked for: what is gone, or what somebody else's links name. */
export function isAboutPath({ match, distinct }: StrikeRule): boolean {
  const looksAtTarget = match.path !== undefined || match.url !== undefined || 'payload' in match;
  // What is told from others by anything but its credential is told by what it asks for.
  return looksAtTarget || (distinct !== undefined && distinct !== 'credential');
}

/**
 * Crawlers that say who they are, and are. They ask for what is gone, and for whatever others link to, so that no rule about paths counts for
 * them. Those whose makers publish their networks are told at once. The names of others are looked up beside the requests, when such a rule is broken for the first time, and until it is known who they are they
 * are like anybody else.
 */
export class VerifiedCrawlers {
  readonly #logger = new Log();
  /** By crawler and address: whether it is one. */
  readonly #known = new RecentlyUsed<{ readonly isVerified: boolean }>(REMEMBERED);
  /** By network, the look-ups under way. */
  readonly #looking = new Map<string, Promise<boolean>>();
  readonly #networks = new RecentlyUsed<true>(REMEMBERED, VERIFIED_FOR_MS);
  readonly #resolver: DnsResolver;
  /** What each calls itself, in lower case. */
  readonly #agents: readonly string[];
  /** Of each crawler, the networks that its maker has published. */
  readonly #published: readonly (readonly IpNetwork[])[];

  /** @param resolver that of the system by default */
  constructor(
    private readonly crawlers: readonly KnownCrawler[],
    resolver?: DnsResolver,
  ) {
    this.#resolver = resolver ?? systemResolver();
    this.#agents = crawlers.map(({ agent }) => agent.toLowerCase());
    this.#published = crawlers.map(({ networks = [] }) =>
      networks.map((text) => parseIpNetwork(text) as IpNetwork),
    );
  }

  /** Whether a rule that a request has broken does not count for it. Where that is not known yet, it is looked up. */
  spares(rule: StrikeRule, context: RequestContext): boolean {
    if (!isAboutPath(rule)) return false;
    const index = this.#claimedBy(context.userAgent);
    if (index === -1 || context.address.version === 0) return false;
    if (this.#published[index]?.some((network) => isWithin(context.address, network))) return true;
    const { domains } = this.crawlers[index] as KnownCrawler;
    if (domains === undefined) return false;
    const key = `${index} ${context.address.text}`;
    const known = this.#known.get(key);
    if (known === undefined) this.#lookUp(key, domains, context.address);
    return known?.isVerified === true;
  }

  /** Whether a crawler was verified in a network; where that is being looked up, when it is known. */
  async isIn(network: string): Promise<boolean> {
    return (await this.#looking.get(network)) ?? this.#networks.has(network);
  }

  #claimedBy(userAgent: string): number {
    if (userAgent === '') return -1;
    const text = userAgent.toLowerCase();
    return this.#agents.findIndex((agent) => text.includes(agent));
  }

  #lookUp(key: string, domains: readonly string[], address: IpAddress): void {
    const network = subscriberNetworkOf(address).text;
    if (this.#looking.size >= LOOKUPS_AT_ONCE || this.#looking.has(network)) return;
    const looking = hasConfirmedName(address, domains, this.#resolver).then(
      (isVerified) => {
        this.#known.set(key, { isVerified }, { ttl: isVerified ? VERIFIED_FOR_MS : REFUTED_FOR_MS });
        if (isVerified) this.#networks.set(network, true);
        return isVerified;
      },
      (error) => {
        this.#known.set(key, { isVerified: false }, { ttl: UNKNOWN_FOR_MS });
        this.#logger.debug(
          `Whether ${address.text} is the crawler that it says could not be looked up: ${error}`,
        );
        return false;
      },
    );
    this.#looking.set(network, looking);
    void looking.finally(() => this.#looking.delete(network));
  }
}
