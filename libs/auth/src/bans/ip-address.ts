import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An IP address in its one canonical spelling. */
export interface IpAddress {
  /** `203.0.113.7` or `2001:db8::7`; an IPv4-mapped IPv6 address is its IPv4 address. */
  readonly text: string;
  readonly version: 4 | 6;
  /** The address as an unsigned number of 32 or 128 bits. */
  readonly value: bigint;
}

/** A network, or a single address as the network that holds only it. */
export interface IpNetwork {
  /** CIDR notation with all host bits zero: `203.0.113.7/32`, `2001:db8::/64`. */
  readonly text: string;
  readonly version: 4 | 6;
  readonly value: bigint;
  readonly prefixLength: number;
}

const BITS = { 4: 32, 6: 128 } as const;

/** A subscriber is usually given a whole IPv6 /64, and can use a fresh address of it for every request. */
const IPV6_SUBSCRIBER_PREFIX = 64;

/**
 * Parses one address strictly (no octal, no short forms) and brings it into canonical form: zone ids are
 * dropped, IPv4-mapped IPv6 becomes IPv4.
 *
 * @returns undefined when the text is not an IP address
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (isIP(text) === 0) return undefined;
  const address = ipaddr.process(withoutDottedQuad(text.replace(/%.*$/, '')));
  const version = address.kind() === 'ipv4' ? 4 : 6;
  return { text: address.toString(), version, value: toBigInt(address.toByteArray()) };
}

/**
 * Parses an address or a network in CIDR notation and clears the host bits.
 *
 * @returns undefined when the text is neither
 */
export function parseIpNetwork(text: string): IpNetwork | undefined {
  const [addressText = '', prefixText, ...rest] = text.split('/');
  const address = parseIpAddress(addressText);
  if (address === undefined || rest.length > 0) return undefined;
  if (prefixText === undefined) return networkOf(address, BITS[address.version]);
  if (!/^\d{1,3}$/.test(prefixText)) return undefined;
  // A prefix written for the mapped form (::ffff:192.0.2.0/120) counts from its 96 leading bits.
  const mappedBits = address.version === 4 && addressText.includes(':') ? 96 : 0;
  const prefixLength = Number(prefixText) - mappedBits;
  return prefixLength >= 0 && prefixLength <= BITS[address.version]
    ? networkOf(address, prefixLength)
    : undefined;
}

/** The network of the given length that the address is in. */
export function networkOf(address: IpAddress, prefixLength: number): IpNetwork {
  const { version } = address;
  const value = maskTo(address, prefixLength);
  return { text: `${formatIp(value, version)}/${prefixLength}`, version, value, prefixLength };
}

/** The smallest network that one caller is sure to have alone: an IPv4 address, an IPv6 /64. */
export function subscriberNetworkOf(address: IpAddress): IpNetwork {
  return networkOf(address, address.version === 4 ? BITS[4] : IPV6_SUBSCRIBER_PREFIX);
}

/** Whether an address is in a network. */
export function isWithin(address: IpAddress, { version, value, prefixLength }: IpNetwork): boolean {
  return version === address.version && maskTo(address, prefixLength) === value;
}

/** The address with everything after its first `prefixLength` bits cleared. */
export function maskTo(
  { value, version }: Pick<IpAddress, 'value' | 'version'>,
  prefixLength: number,
): bigint {
  const hostBits = BigInt(BITS[version] - prefixLength);
  return (value >> hostBits) << hostBits;
}

/** `::1.2.3.4` is `::102:304` and no IPv4 address, unlike `::ffff:1.2.3.4`; ipaddr.js takes the one for the other. */
function withoutDottedQuad(text: string): string {
  return text.replace(/(?<=:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const hex = Buffer.from(bytes.slice(0, 4).map(Number)).toString('hex');
    return `${hex.slice(0, 4)}:${hex.slice(4)}`;
  });
}

function toBigInt(bytes: readonly number[]): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function formatIp(value: bigint, version: 4 | 6): string {
  const hex = value.toString(16).padStart(BITS[version] / 4, '0');
  return ipaddr.fromByteArray([...Buffer.from(hex, 'hex')]).toString();
}
