import { randomUUID } from 'node:crypto';
import { type PagePosition, readPage } from '../page-cursor.js';
import type { Ban, BanRecord, BanStore } from './ban.store.js';
import { offenceAfter, secondsOf } from './ban-durations.js';
import { LATEST_END } from './ban-proposal.js';
import type { BanSettings } from './ban-settings.js';

/** Why, and how long where that is said. */
export interface BanWish extends Pick<Ban, 'reason' | 'rule' | 'actor' | 'shadow'> {
  /** In seconds. Undefined: as long as the history of the network asks for. */
  readonly seconds?: number | undefined;
}

/**
 * The ban of exactly this network that the next one goes by: one that is in force, or else the newest.
 *
 * @param now milliseconds since the epoch
 */
export async function banBefore(
  store: BanStore,
  network: string,
  shadow: boolean,
  now: number,
): Promise<Ban | undefined> {
  const latest = await store.findLatest(network, shadow);
  if (latest === undefined || latest.expiresAt > now) return latest;
  // An older one may last longer.
  const older = { networks: [network], shadow, activeAt: now };
  const { entries } = await readPage<Ban, PagePosition>({ limit: 1 }, (after, limit) =>
    store.list({ ...older, ...(after && { after }), limit }),
  );
  return entries[0] ?? latest;
}

/** The ban of a network, after the one that {@link banBefore} has found. */
export function decideBan(
  network: string,
  { seconds, ...why }: BanWish,
  before: Ban | undefined,
  { bans, now }: BanSettings,
): BanRecord {
  const createdAt = now();
  const offence = offenceAfter(before, createdAt, bans);
  const duration = Math.ceil((seconds ?? secondsOf(offence, bans)) * 1000);
  const expiresAt = Math.min(createdAt + duration, LATEST_END);
  const fresh = { id: randomUUID(), network, offence, createdAt, expiresAt };
  return { ...fresh, ...why, liftedAt: null, liftedBy: null, strikes: [] };
}
