import { type IpNetwork, parseIpNetwork } from '../../net/ip-address.js';

/** What a list needs to know of a network. */
export type NetworkName = Pick<IpNetwork, 'text' | 'version' | 'prefixLength'>;

/** The longest spelling of an address and a prefix. */
const LONGEST = 64;

/** {@link parseIpNetwork} for what a stranger wrote. */
export function networkNameOf(text: string): NetworkName | undefined {
  return text.length > LONGEST ? undefined : parseIpNetwork(text);
}
