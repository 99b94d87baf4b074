import { Inject, Injectable } from '@nestjs/common';
import { Log } from '../log.js';
import {
  type IpAddress,
  type IpNetwork,
  type IpRange,
  isPrivate,
  isWithin,
  parseIpNetwork,
} from '../net/ip-address.js';
import { RecentlyUsed } from '../recently-used.js';
import { TextTable } from '../text-table.js';
import { BAN_SETTINGS, type BanSettings } from './ban-settings.js';

/** Why an address is never banned. */
export type Exemption = 'unknown' | 'trusted proxy' | 'allowed' | 'private';

/** What was found of an address, also that it may be banned. */
type Found = Exemption | 'none';

/** Who is never banned, whatever it did and whoever banned it. The ban stays, and holds for everybody else in its network. */
@Injectable()
export class BanExemptions {
  readonly #logger = new Log();
  readonly #trustedProxies: readonly IpNetwork[];
  readonly #allowed: readonly IpNetwork[];
  readonly #known = new TextTable<Found>();
  readonly #warned = new RecentlyUsed<true>(100);

  constructor(@Inject(BAN_SETTINGS) private readonly options: BanSettings) {
    // A Unix socket has no address, and can't be banned.
    this.#trustedProxies = options.trustedProxies.flatMap((text) => parseIpNetwork(text) ?? []);
    this.#allowed = options.bans.allowed.map((text) => parseIpNetwork(text) as IpNetwork);
  }

  /** Why the address is never banned; undefined for one that may be. */
  of(address: IpAddress): Exemption | undefined {
    let found = this.#known.get(address.text);
    if (found === undefined) {
      found = this.#find(address);
      this.#known.set(address.text, found);
    }
    return found === 'none' ? undefined : found;
  }

  /** Whether a network as a whole is within one of those that are allowed or of a trusted proxy. */
  hold(network: IpRange): boolean {
    const holds = (other: IpNetwork) =>
      other.prefixLength <= network.prefixLength && isWithin(network, other);
    return this.#trustedProxies.some(holds) || this.#allowed.some(holds);
  }

  /** Warns the operator that a private address behaves as an attacker does: most likely it is a proxy that nobody named. */
  warnOf({ text }: IpAddress): void {
    if (this.#warned.has(text)) return;
    this.#warned.set(text, true);
    this.#logger.warn(
      `${text} would be banned, but it is a private address. If it is a proxy or a load balancer, name it in trustedProxies: ` +
        'until then all its clients count as one, and none of them can be banned. If it is a client, set bans.privateAddresses.',
    );
  }

  #find(address: IpAddress): Found {
    const isIn = (networks: readonly IpNetwork[]) => networks.some((network) => isWithin(address, network));
    if (address.version === 0) return 'unknown';
    if (isIn(this.#trustedProxies)) return 'trusted proxy';
    if (isIn(this.#allowed)) return 'allowed';
    return isPrivate(address) && !this.options.bans.privateAddresses ? 'private' : 'none';
  }
}
