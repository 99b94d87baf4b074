/** The version of an address that was read; 0 stands for none. */
export type IpVersion = 0 | 4 | 6;

const DOT = 0x2e;
const COLON = 0x3a;
/** What Node takes for a zone id. */
const ZONE = /^[0-9a-z.:-]+$/i;

/** The eight groups of the IPv6 address that is being read. */
const groups = new Uint16Array(8);

/**
 * Reads one address strictly: no octal, no short forms. Exactly what `isIP` of `node:net` takes is taken; a zone id is dropped.
 * A set of bans is read at boot, and general parsers take several seconds for a million.
 *
 * @param words where the address is put: the bits of IPv4 into the first word, those of IPv6 into all four
 * @param end where in the text the address ends
 * @returns the version as it is written, 0 when the text is no address
 */
export function readIp(text: string, words: Int32Array, end = text.length): IpVersion {
  if (text.includes(':')) return readIpv6(text, end, words) ? 6 : 0;
  const value = ipv4Value(text, 0, end);
  if (value === undefined) return 0;
  words[0] = value;
  return 4;
}

/** The spelling of an address: dotted for IPv4, by RFC 5952 for IPv6. */
export function writeIp(words: ArrayLike<number>, version: IpVersion): string {
  const word = (index: number) => words[index] as number;
  if (version === 4) {
    return `${word(0) >>> 24}.${(word(0) >>> 16) & 0xff}.${(word(0) >>> 8) & 0xff}.${word(0) & 0xff}`;
  }
  const parts: number[] = [];
  for (let index = 0; index < 4; index++) parts.push(word(index) >>> 16, word(index) & 0xffff);
  const { start, length } = longestZeros(parts);
  const hex = (from: number, to?: number) =>
    parts
      .slice(from, to)
      .map((part) => part.toString(16))
      .join(':');
  return length < 2 ? hex(0) : `${hex(0, start)}::${hex(start + length)}`;
}

/** The bits of a dotted quad between two positions of a text. */
function ipv4Value(text: string, start: number, end: number): number | undefined {
  let value = 0;
  let octets = 0;
  let octet = 0;
  let digits = 0;
  for (let index = start; index <= end; index++) {
    const code = index < end ? text.charCodeAt(index) : DOT;
    if (code === DOT) {
      if (digits === 0) return undefined;
      value = value * 256 + octet;
      octets++;
      octet = 0;
      digits = 0;
      continue;
    }
    const digit = code - 0x30;
    const isAfterZero = digits > 0 && octet === 0;
    if (digit < 0 || digit > 9 || isAfterZero) return undefined;
    octet = octet * 10 + digit;
    digits++;
    if (octet > 255) return undefined;
  }
  return octets === 4 ? value : undefined;
}

function readIpv6(text: string, end: number, words: Int32Array): boolean {
  const zone = text.indexOf('%');
  if (zone !== -1 && !ZONE.test(text.slice(zone + 1, end))) return false;
  if (!readGroups(text, zone === -1 ? end : zone)) return false;
  for (let index = 0; index < 4; index++) {
    words[index] = ((groups[2 * index] as number) << 16) | (groups[2 * index + 1] as number);
  }
  return true;
}

function readGroups(text: string, end: number): boolean {
  let count = 0;
  /** Before which group the `::` stands. */
  let gap = -1;
  let index = 0;
  if (end >= 2 && text.startsWith('::')) {
    gap = 0;
    index = 2;
  }
  while (index < end) {
    const start = index;
    let value = 0;
    for (let digit = hexDigit(text, index); index < end && digit >= 0; digit = hexDigit(text, index)) {
      value = value * 16 + digit;
      index++;
    }
    if (index < end && text.charCodeAt(index) === DOT) {
      const quad = ipv4Value(text, start, end);
      if (quad === undefined) return false;
      groups[count++] = quad >>> 16;
      groups[count++] = quad & 0xffff;
      break;
    }
    const length = index - start;
    if (length === 0 || length > 4 || count === 8) return false;
    groups[count++] = value;
    if (index === end) break;
    if (text.charCodeAt(index++) !== COLON || index === end) return false;
    if (text.charCodeAt(index) === COLON) {
      if (gap !== -1) return false;
      gap = count;
      index++;
    }
  }
  return fillGap(gap, count);
}

/** Puts zeros where the `::` stands, for one group at least. */
function fillGap(gap: number, count: number): boolean {
  if (gap === -1) return count === 8;
  if (count > 7) return false;
  const behind = count - gap;
  groups.copyWithin(8 - behind, gap, count);
  groups.fill(0, gap, 8 - behind);
  return true;
}

/** The value of a hexadecimal digit, -1 when it is none. */
function hexDigit(text: string, index: number): number {
  const code = text.charCodeAt(index);
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** The first one of the longest runs of zeros. */
function longestZeros(parts: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let start = 0;
  for (let index = 0; index <= parts.length; index++) {
    if (parts[index] === 0) continue;
    if (index - start > longest.length) longest = { start, length: index - start };
    start = index + 1;
  }
  return longest;
}
