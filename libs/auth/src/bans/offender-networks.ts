import { type IpAddress, type IpNetwork, networkOf, subscriberNetworkOf } from '../net/ip-address.js';
import type { BanOptions } from './ban.options.js';

/** A network that answers for what an address does. */
export interface OffenderNetwork {
  readonly network: IpNetwork;
  /** How many times the limit of one subscriber it may have: more subscribers, more strikes. */
  readonly factor: number;
}

/** Who answers for an address: its subscriber, and the wider networks in which several neighbours have to offend. */
export class OffenderNetworks {
  readonly #known = new WeakMap<IpAddress, readonly OffenderNetwork[]>();

  constructor(private readonly options: BanOptions) {}

  /** The networks around an address that can be banned by a rule, the narrowest first. */
  of(address: IpAddress): readonly OffenderNetwork[] {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const { widerIpv4Prefixes, widerIpv6Prefixes, offendingNeighbours } = this.options;
    const wider = address.version === 4 ? widerIpv4Prefixes : widerIpv6Prefixes;
    const networks = [
      subscriberNetworkOf(address),
      ...wider.toSorted((one, other) => other - one).map((prefixLength) => networkOf(address, prefixLength)),
    ].map((network, level) => ({ network, factor: offendingNeighbours ** level }));
    this.#known.set(address, networks);
    return networks;
  }
}
