import { type IpVersion, readIp, writeIp } from './ip-text.js';

export type { IpVersion } from './ip-text.js';

/** The bits of an address as 32-bit integers: the first one has those of IPv4, all four have those of IPv6. */
export type IpWords = readonly [number, number, number, number];

/** An IP address in its one canonical form. */
export interface IpAddress {
  /** `203.0.113.7` or `2001:db8::7`; an IPv6 address that stands for an IPv4 address is that one. */
  readonly text: string;
  /** 0 for a peer that has no address: it is in no network. */
  readonly version: IpVersion;
  readonly words: IpWords;
}

/** A network, without its spelling. */
export interface IpRange {
  readonly version: IpVersion;
  /** With all host bits zero. */
  readonly words: IpWords;
  readonly prefixLength: number;
}

/** A network, or a single address as the network that holds only it. */
export interface IpNetwork extends IpRange {
  /** CIDR notation with all host bits zero: `203.0.113.7/32`, `2001:db8::/64`. */
  readonly text: string;
}

const BITS = { 0: 0, 4: 32, 6: 128 } as const;

/** A subscriber is usually given a whole IPv6 /64, and can use a fresh address of it for every request. */
const IPV6_SUBSCRIBER_PREFIX = 64;

/** The address that is being read. */
const read = new Int32Array(4);

/**
 * Parses one address strictly (no octal, no short forms) and brings it into canonical form: zone ids are dropped, and an
 * IPv6 address that stands for an IPv4 address (IPv4-mapped, NAT64, 6to4) becomes it.
 *
 * @returns undefined when the text is not an IP address
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  const written = readIp(text, read);
  if (written === 0) return undefined;
  const { version, words } = rangeFrom(written, BITS[written]);
  return { text: writeIp(words, version), version, words };
}

/**
 * Parses an address or a network in CIDR notation and clears the host bits.
 *
 * @returns undefined when the text is neither
 */
export function parseIpNetwork(text: string): IpNetwork | undefined {
  const range = parseIpRange(text);
  return range && { text: textOf(range), ...range };
}

/** The same without the spelling, which takes longer than all the rest. */
export function parseIpRange(text: string): IpRange | undefined {
  const slash = text.indexOf('/');
  const written = readIp(text, read, slash === -1 ? text.length : slash);
  if (written === 0) return undefined;
  const prefixLength = slash === -1 ? BITS[written] : prefixLengthIn(text, slash + 1);
  if (!(prefixLength <= BITS[written])) return undefined;
  const range = rangeFrom(written, prefixLength);
  return range.prefixLength < 0 ? undefined : range;
}

/** The network of the given length that the address is in. */
export function networkOf({ version, words }: Omit<IpAddress, 'text'>, prefixLength: number): IpNetwork {
  const range = { version, words: masked(words, prefixLength), prefixLength };
  return { text: textOf(range), ...range };
}

/** CIDR notation for a network. */
export function textOf({ version, words, prefixLength }: IpRange): string {
  return `${writeIp(words, version)}/${prefixLength}`;
}

/** The smallest network that one caller is sure to have alone: an IPv4 address, an IPv6 /64. */
export function subscriberNetworkOf(address: IpAddress): IpNetwork {
  return networkOf(address, address.version === 6 ? IPV6_SUBSCRIBER_PREFIX : BITS[address.version]);
}

/** The network itself and every one that it is in, the narrowest first. */
export function networksAround(network: IpRange): IpNetwork[] {
  const { prefixLength } = network;
  return Array.from({ length: prefixLength + 1 }, (_, fewer) => networkOf(network, prefixLength - fewer));
}

/** Whether an address is in a network. */
export function isWithin(
  address: Omit<IpAddress, 'text'>,
  { version, words, prefixLength }: IpRange,
): boolean {
  if (version !== address.version) return false;
  for (let index = 0; index * 32 < prefixLength; index++) {
    const difference = (address.words[index] as number) ^ (words[index] as number);
    if ((difference & maskOf(prefixLength - 32 * index)) !== 0) return false;
  }
  return true;
}

/** Whether no stranger on the internet can have the address: whoever comes from there is a proxy, a neighbour, or oneself. */
export function isPrivate(address: Omit<IpAddress, 'text'>): boolean {
  return PRIVATE_RANGES.some((range) => isWithin(address, range));
}

/** A word whose first bits are set, `bits` of them or all. */
function maskOf(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

/**
 * What the address that was read stands for, with so many of its bits. IPv4-mapped (RFC 4291), NAT64 (RFC 6052) and 6to4
 * (RFC 3056) ranges are the IPv4 range in them, or else a banned client would go on under another spelling.
 *
 * A private IPv4 address in NAT64 or 6to4 stays IPv6: no translator hands it out, so it can only come from a header that was
 * made up, and must neither be exempt from bans nor match an allow-list as the real one does. Thus also the whole of
 * `64:ff9b::/96` or `2002::/16`, which begin with 0.0.0.0, is never taken for the whole of IPv4.
 */
function rangeFrom(written: IpVersion, writtenLength: number): IpRange {
  const [first, second, third, fourth] = read as unknown as IpWords;
  const isMapped = first === 0 && second === 0 && third === 0xffff;
  const isNat64 = first === 0x64ff9b && second === 0 && third === 0 && writtenLength >= 96;
  const isSixToFour = first >>> 16 === 0x2002 && writtenLength >= 16;
  if (written === 6 && (isMapped || isNat64 || isSixToFour)) {
    const prefixLength = isSixToFour ? Math.min(writtenLength - 16, 32) : writtenLength - 96;
    const word = (isSixToFour ? (first << 16) | (second >>> 16) : fourth) & maskOf(prefixLength);
    if (isMapped || !isPrivateIpv4(word)) return { version: 4, words: [word, 0, 0, 0], prefixLength };
  }
  return {
    version: written,
    words: masked([first, second, third, fourth], writtenLength),
    prefixLength: writtenLength,
  };
}

function isPrivateIpv4(word: number): boolean {
  return isPrivate({ version: 4, words: [word, 0, 0, 0] });
}

/** The prefix length that a text ends in, of one to three digits; NaN when it is none. */
function prefixLengthIn(text: string, start: number): number {
  const digits = text.length - start;
  if (digits < 1 || digits > 3) return Number.NaN;
  let prefixLength = 0;
  for (let index = start; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    prefixLength = prefixLength * 10 + digit;
  }
  return prefixLength;
}

/** The words with everything after the first `prefixLength` bits cleared. */
export function masked([first, second, third, fourth]: IpWords, prefixLength: number): IpWords {
  return [
    first & maskOf(prefixLength),
    second & maskOf(prefixLength - 32),
    third & maskOf(prefixLength - 64),
    fourth & maskOf(prefixLength - 96),
  ];
}

/** Loopback, private, link-local, shared and unspecified, as RFC 6890 lists them. */
const PRIVATE_RANGES = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.168.0.0/16', '::/128', '::1/128', 'fc00::/7', 'fe80::/10'],
].map((text) => parseIpRange(text) as IpRange);
