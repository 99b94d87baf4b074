import { InputError } from '../errors.js';
import { type IpNetwork, networksAround, parseIpNetwork } from '../net/ip-address.js';
import { pageLimit, positionOf } from '../page-cursor.js';
import type { Ban, BanQuery, BanStore } from './ban.store.js';

/** Which bans are to be listed: those that match everything given. */
export interface BanFilter {
  /** An address or a network: the bans of it, and of the networks around it. */
  readonly target?: string;
  /** An address or a network: the bans of exactly it. Goes before `target`. */
  readonly network?: string;
  /** Whether bans that are over are wanted too, as long as they are remembered. By default not. */
  readonly state?: 'active' | 'any';
  /** The rule that decided. */
  readonly rule?: string;
  readonly shadow?: boolean;
  /** Where to go on: `nextCursor` of the page before. */
  readonly cursor?: string;
  /** At most so many, from 1 to 1000. By default 100. */
  readonly limit?: number;
}

export interface BanPage {
  /** Newest first. */
  readonly bans: readonly Ban[];
  /** There are more: ask for them with this. */
  readonly nextCursor?: string;
}

/** How many bans are read at a time. */
export const LARGEST_PAGE = 10_000;

/**
 * What a store is asked for a page.
 *
 * @param now milliseconds since the epoch
 * @throws InputError when the target, the network, the cursor or the limit make no sense
 */
export function queryOf(filter: BanFilter, now: number): BanQuery {
  const { target, network, state = 'active', rule, shadow, cursor } = filter;
  return {
    ...(state === 'active' && { activeAt: now }),
    ...(target !== undefined && { networks: networksAroundTarget(target) }),
    ...(network !== undefined && { networks: [networkOfTarget(network).text] }),
    ...(rule !== undefined && { rule }),
    ...(shadow !== undefined && { shadow }),
    ...(cursor !== undefined && { after: positionOf(cursor) }),
    limit: pageLimit(filter.limit),
  };
}

/** Every ban that a query is about, page by page. */
export async function* everyBan(
  store: BanStore,
  query: Omit<BanQuery, 'after' | 'limit'>,
): AsyncGenerator<Ban, void, void> {
  let after: Ban | undefined;
  do {
    const page = await store.list({ ...query, ...(after && { after }), limit: LARGEST_PAGE });
    yield* page;
    after = page.length < LARGEST_PAGE ? undefined : page.at(-1);
  } while (after !== undefined);
}

/** The target itself and the networks around it, in canonical form. */
export function networksAroundTarget(target: string): string[] {
  return networksAround(networkOfTarget(target)).map(({ text }) => text);
}

/** @throws InputError when the target is neither an address nor a network */
export function networkOfTarget(target: string): IpNetwork {
  const network = parseIpNetwork(target);
  if (network === undefined) {
    throw new InputError('The target of a ban is an IP address or a network in CIDR notation');
  }
  return network;
}
