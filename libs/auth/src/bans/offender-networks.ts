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
  /** The longest prefix first. */
  readonly #widerIpv4: readonly number[];
  readonly #widerIpv6: readonly number[];
  readonly #neighbours: number;
  /** Whose networks were asked for last: each strike asks several times, and a flood never again. */
  #last: IpAddress | undefined;
  #networksOfLast: readonly OffenderNetwork[] = [];

  constructor({ widerIpv4Prefixes, widerIpv6Prefixes, offendingNeighbours }: BanOptions) {
    this.#widerIpv4 = widerIpv4Prefixes.toSorted((one, other) => other - one);
    this.#widerIpv6 = widerIpv6Prefixes.toSorted((one, other) => other - one);
    this.#neighbours = offendingNeighbours;
  }

  /** The networks around an address that can be banned by a rule, the narrowest first. */
  of(address: IpAddress): readonly OffenderNetwork[] {
    if (address === this.#last) return this.#networksOfLast;
    const networks: OffenderNetwork[] = [{ network: subscriberNetworkOf(address), factor: 1 }];
    const wider = address.version === 4 ? this.#widerIpv4 : this.#widerIpv6;
    for (const prefixLength of wider)
      networks.push({
        network: networkOf(address, prefixLength),
        factor: this.#neighbours ** networks.length,
      });
    this.#last = address;
    this.#networksOfLast = networks;
    return networks;
  }
}
