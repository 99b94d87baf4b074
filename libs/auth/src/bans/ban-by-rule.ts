import type { SecurityEvents } from '../events/security-events.js';
import type { IpNetwork } from '../net/ip-address.js';
import type { Strike } from './ban.store.js';
import { banBefore, decideBan } from './ban-decision.js';
import { ADDRESS_BANNED, BAN_PROPOSED, BAN_VETOED } from './ban-events.js';
import { BanProposal, withoutStrikes } from './ban-proposal.js';
import type { KeptBans } from './kept-bans.js';

/** A ban by a rule, with what led to it. */
export interface RuleBan {
  readonly rule: string;
  readonly reason: string;
  readonly shadow: boolean;
  readonly strikes: readonly Strike[];
}

/** Bans because of rules. While one is being decided its network is refused already. */
export class BanByRule {
  /** By network, so that a burst of strikes makes one ban and not several; whether there is one then. */
  readonly #deciding = new Map<string, Promise<boolean>>();

  constructor(
    private readonly kept: KeptBans,
    private readonly events: SecurityEvents,
  ) {}

  /** @returns whether the network is banned; not where somebody objects */
  async decide(network: IpNetwork, why: RuleBan): Promise<boolean> {
    const { replica } = this.kept;
    if (replica.covers(network, why.shadow)) {
      replica.endHold(network.text);
      return true;
    }
    if (!why.shadow) replica.hold(network.text);
    const key = keyOf(network.text, why.shadow);
    const underWay = this.#deciding.get(key);
    if (underWay !== undefined) return underWay;
    const decision = this.#decide(network.text, why)
      .then((isBanned) => {
        replica.endHold(network.text);
        return isBanned;
      })
      .finally(() => this.#deciding.delete(key));
    this.#deciding.set(key, decision);
    return decision;
  }

  /** Waits for what is being decided, of one network or of all. */
  async settled(network?: string): Promise<void> {
    const decisions =
      network === undefined
        ? this.#deciding.values()
        : [true, false].map((shadow) => this.#deciding.get(keyOf(network, shadow)));
    await Promise.allSettled(decisions);
  }

  async #decide(network: string, { strikes, ...why }: RuleBan): Promise<boolean> {
    const { store, replica, options } = this.kept;
    // Another instance may have come first; a second ban would count as a second offence.
    const before = await banBefore(store, network, why.shadow, options.now());
    if (before !== undefined && before.expiresAt > options.now()) {
      await replica.refresh([network]);
      return true;
    }
    const record = decideBan(network, { ...why, actor: null }, before, options);
    const proposal = new BanProposal({ ...record, strikes });
    this.events.emit(BAN_PROPOSED, { proposal });
    const ban = withoutStrikes(proposal.ban);
    if (proposal.vetoReason !== undefined) {
      this.events.emit(BAN_VETOED, { ban, reason: proposal.vetoReason });
      return false;
    }
    await this.kept.save(proposal.ban);
    this.events.emit(ADDRESS_BANNED, { ban });
    // What can't be published now will be later, which is all that can be done.
    await this.kept.publish(network).catch(() => undefined);
    return true;
  }
}

function keyOf(network: string, shadow: boolean): string {
  return `${network} ${shadow}`;
}
