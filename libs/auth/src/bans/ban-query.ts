import { InputError } from '../errors.js';
import { type IpNetwork, networksAround, parseIpNetwork } from '../net/ip-address.js';
import { everyPage, type PagePosition, pageLimit, positionOf, readPage } from '../page-cursor.js';
import type { Ban, BanQuery, BanRecord, BanStore } from './ban.store.js';

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
  /** Newest first. Fewer than the limit, or none, also where very many had to be looked through. */
  readonly bans: readonly Ban[];
  /** There may be more: ask for them with this. */
  readonly nextCursor?: string;
}

/** Bans of which it is said what led to them. */
const MOST_EXPLAINED = 500;

/**
 * A page of the bans that match.
 *
 * @param now milliseconds since the epoch
 * @throws InputError when the target, the network, the cursor or the limit make no sense
 */
export async function readBans(store: BanStore, filter: BanFilter, now: number): Promise<BanPage> {
  const { after: from, ...query } = queryOf(filter, now);
  const { entries, ...page } = await readPage<Ban, PagePosition>(
    { after: from, limit: query.limit },
    (after, limit) => store.list({ ...query, ...(after && { after }), limit }),
  );
  return { bans: entries, ...page };
}

/**
 * The newest bans of a target and of the networks around it, with the strikes that led to them.
 *
 * @throws InputError when the target is neither an address nor a network
 */
export async function explainBans(store: BanStore, target: string): Promise<readonly BanRecord[]> {
  const bans: Ban[] = [];
  for await (const page of banPages(store, { networks: networksAroundTarget(target) }))
    if (bans.push(...page) >= MOST_EXPLAINED) break;
  const records: BanRecord[] = [];
  for (const { id } of bans.slice(0, MOST_EXPLAINED)) {
    const record = await store.findById(id);
    if (record !== undefined) records.push(record);
  }
  return records;
}

/**
 * What a store is asked for a page.
 *
 * @param now milliseconds since the epoch
 * @throws InputError when the target, the network, the cursor or the limit make no sense
 */
function queryOf(filter: BanFilter, now: number): BanQuery {
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

/** Every ban that a query is about, newest first, page by page. */
export function banPages(
  store: BanStore,
  query: Omit<BanQuery, 'after' | 'limit'>,
): AsyncIterable<readonly Ban[]> {
  return everyPage<Ban, Pick<Ban, 'createdAt' | 'id'>>((after, limit) =>
    store.list({ ...query, ...(after && { after }), limit }),
  );
}

/**
 * Every ban in force, those that end last first, page by page.
 *
 * @param activeAt milliseconds since the epoch
 */
export function activeBanPages(store: BanStore, activeAt: number): AsyncIterable<readonly Ban[]> {
  return everyPage<Ban, Pick<Ban, 'expiresAt' | 'id'>>((after, limit) =>
    store.findActive({ activeAt, ...(after && { after }), limit }),
  );
}

/** The target itself and the networks around it, in canonical form. */
function networksAroundTarget(target: string): string[] {
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
