import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { InputError } from '../errors.js';
import { actorOf } from '../events/security-event.js';
import type { SecurityEvents } from '../events/security-events.js';
import type { Ban, BanRecord, BanStore } from './ban.store.js';
import type { BanDetails } from './ban-details.js';
import { offenceAfter, refuseOddTime, secondsOf } from './ban-durations.js';
import { BANS_IMPORTED } from './ban-events.js';
import { banPages, networkOfTarget } from './ban-query.js';
import type { BanSettings } from './ban-settings.js';
import type { KeptBans } from './kept-bans.js';
import type { ListedNetwork } from './lists/ban-list.js';

/** What somebody decided for all networks of a list. */
interface ImportDecision extends Pick<Ban, 'reason' | 'actor' | 'shadow'> {
  /** How long, in seconds. Undefined: as long as the history of each network asks for. */
  readonly seconds: number | undefined;
}

/** Networks that are saved together; so few that requests are not held up in between. */
const PART = 500;

/**
 * Bans the networks of a list part by part, each in force when it is saved: when one fails, what was before it stays, and is reported.
 *
 * @throws InputError when an entry is no network, or a time makes no sense
 */
export async function importByHand(
  networks: Iterable<ListedNetwork>,
  { reason, seconds, ...who }: BanDetails,
  kept: KeptBans,
  events: SecurityEvents,
): Promise<{ imported: number; skipped: number }> {
  refuseOddTime(seconds);
  const { shadow } = kept.options.bans;
  const decision = { reason, seconds, actor: who.actor ?? null, shadow };
  let [imported, skipped] = [0, 0];
  try {
    for (const part of partsOf(networks)) {
      const saved = await importPart(part, decision, kept);
      imported += saved;
      skipped += part.length - saved;
      await nextTurn();
    }
  } finally {
    if (imported > 0) events.emit(BANS_IMPORTED, { count: imported, ...actorOf(who) });
  }
  if (imported > 0) await kept.publishAll();
  await kept.sweep(kept.options.now(), false);
  return { imported, skipped };
}

/** @returns how many of its networks were banned */
async function importPart(
  part: readonly ListedNetwork[],
  decision: ImportDecision,
  { store, replica, options }: KeptBans,
): Promise<number> {
  const entries = part.map(canonical);
  const known = await historiesOf(entries, decision, store);
  const bans = new Map<string, BanRecord>();
  for (const entry of entries) {
    const history = known.get(entry.network) ?? [];
    const before = bans.get(entry.network);
    const ban = banOf(entry, decision, before ? [before, ...history] : history, options);
    if (ban !== undefined) bans.set(ban.network, ban);
  }
  await replica.save([...bans.values()]);
  return bans.size;
}

function canonical(entry: ListedNetwork): ListedNetwork {
  const { expiresAt = 0 } = entry;
  if (!Number.isFinite(expiresAt)) throw new InputError('The end of a ban must be a time');
  return { ...entry, network: networkOfTarget(entry.network).text };
}

/** The bans of each network that is listed, newest first. */
async function historiesOf(
  entries: readonly ListedNetwork[],
  { shadow }: ImportDecision,
  store: BanStore,
): Promise<Map<string, Ban[]>> {
  const histories = new Map<string, Ban[]>();
  for await (const page of banPages(store, { networks: entries.map(({ network }) => network), shadow })) {
    for (const ban of page) {
      const history = histories.get(ban.network);
      if (history === undefined) histories.set(ban.network, [ban]);
      else history.push(ban);
    }
  }
  return histories;
}

/** @returns undefined where there is nothing to do: the entry is over, or somebody has decided as much already */
function banOf(
  { network, expiresAt: ownEnd, reason: ownReason }: ListedNetwork,
  { reason: givenReason, seconds, actor, shadow }: ImportDecision,
  history: readonly Ban[],
  options: BanSettings,
): BanRecord | undefined {
  const now = options.now();
  const reason = ownReason || givenReason;
  const decided = history.filter(({ rule, expiresAt }) => rule === null && expiresAt > now);
  const before = history.find((ban) => ban.expiresAt > now) ?? history[0];
  const offence = offenceAfter(before, now, options.bans);
  const wantedEnd = ownEnd ?? (seconds && now + seconds * 1000);
  // Without a wanted end, a second import of the same list would ban as for a second offence.
  if (wantedEnd === undefined && decided.length > 0) return undefined;
  const expiresAt = Math.ceil(wantedEnd ?? now + secondsOf(offence, options.bans) * 1000);
  if (expiresAt <= now || decided.some((ban) => ban.expiresAt >= expiresAt)) return undefined;
  // A list that is imported every day must not leave a ban for each day.
  const same = decided.find((ban) => ban.reason === reason && ban.actor === actor);
  if (same !== undefined) return { ...same, expiresAt, strikes: [] };
  // Written out, because for very many bans spreading takes longer than all the rest.
  return {
    id: randomUUID(),
    network,
    reason,
    rule: null,
    actor,
    offence,
    shadow,
    createdAt: now,
    expiresAt,
    liftedAt: null,
    liftedBy: null,
    strikes: [],
  };
}

function* partsOf(networks: Iterable<ListedNetwork>): Iterable<ListedNetwork[]> {
  let part: ListedNetwork[] = [];
  for (const network of networks) {
    if (part.push(network) < PART) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
