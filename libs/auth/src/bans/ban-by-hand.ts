import { actorOf } from '../events/security-event.js';
import type { SecurityEvents } from '../events/security-events.js';
import type { Ban } from './ban.store.js';
import { banBefore, decideBan } from './ban-decision.js';
import type { BanDetails } from './ban-details.js';
import { refuseOddTime } from './ban-durations.js';
import { ADDRESS_BANNED } from './ban-events.js';
import { withoutStrikes } from './ban-proposal.js';
import { networkOfTarget } from './ban-query.js';
import type { KeptBans } from './kept-bans.js';

/**
 * Bans an address or a network because somebody says so.
 *
 * @throws InputError when the target is neither, or the time makes no sense
 */
export async function banByHand(
  target: string,
  { reason, seconds, ...who }: BanDetails,
  kept: KeptBans,
  events: SecurityEvents,
): Promise<Ban> {
  refuseOddTime(seconds);
  const network = networkOfTarget(target).text;
  const { options, store } = kept;
  const { shadow } = options.bans;
  const wish = { reason, rule: null, actor: who.actor ?? null, shadow, seconds };
  const before = await banBefore(store, network, shadow, options.now());
  const record = decideBan(network, wish, before, options);
  await kept.save(record);
  const ban = withoutStrikes(record);
  events.emit(ADDRESS_BANNED, { ban, ...actorOf(who) });
  await kept.publish(network);
  return ban;
}
