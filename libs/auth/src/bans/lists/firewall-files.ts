import { type IpRange, textOf } from '../../net/ip-address.js';
import { writeIp } from '../../net/ip-text.js';
import type { NetworkList } from './network-list.js';

/** Addresses in a row that are banned until the same moment. */
interface TimedRange {
  readonly first: bigint;
  readonly last: bigint;
  readonly seconds: number;
}

/** nft reads at most eight digits, which is three years. */
const LONGEST_NFTABLES_SECONDS = 99_999_999;
/** ipset counts milliseconds in 31 bits. */
const LONGEST_IPSET_SECONDS = 2_147_483;
/** An upper bound and no reservation. It is always the same, because a set that exists can't be made anew with another one. */
const IPSET_MAXELEM = 16_777_216;

const FAMILIES = [
  { version: 4, bits: 32, type: 'ipv4_addr', family: 'inet', wholeInternet: ['0.0.0.0/1', '128.0.0.0/1'] },
  { version: 6, bits: 128, type: 'ipv6_addr', family: 'inet6', wholeInternet: ['::/1', '8000::/1'] },
] as const;

/**
 * A file for `nft -f`, which applies it as a whole or not at all. The table is added before it is deleted because only what exists
 * can be deleted.
 */
export function* nftablesFile(bans: NetworkList): Iterable<string> {
  yield 'add table inet portcullis\ndelete table inet portcullis\ntable inet portcullis {\n';
  for (const { version, bits, type } of FAMILIES) {
    yield `\tset banned_ipv${version} {\n\t\ttype ${type}\n\t\tflags interval, timeout\n`;
    // With auto-merge nft gives neighbours and nested networks one common timeout, so that a ban could end early.
    let before = '\t\telements = {\n';
    for (const { first, last, seconds } of disjointRanges(bans, version, bits)) {
      const range = first === last ? '' : `-${formatNumber(last, version)}`;
      const timeout =
        seconds === Number.POSITIVE_INFINITY ? '' : ` timeout ${clamp(seconds, LONGEST_NFTABLES_SECONDS)}s`;
      yield `${before}\t\t\t${formatNumber(first, version)}${range}${timeout}`;
      before = ',\n';
    }
    yield before === ',\n' ? '\n\t\t}\n\t}\n' : '\t}\n';
  }
  yield '\tchain input {\n\t\ttype filter hook input priority filter - 10; policy accept;\n';
  yield '\t\tip saddr @banned_ipv4 drop\n\t\tip6 saddr @banned_ipv6 drop\n\t}\n}\n';
}

/** A file for `ipset restore -exist`. A set is filled beside the one in use and takes its place at once. */
export function* ipsetFile(bans: NetworkList): Iterable<string> {
  for (const { version, family, wholeInternet } of FAMILIES) {
    const name = `portcullis_ipv${version}`;
    const kind = `hash:net family ${family} timeout 0 maxelem ${IPSET_MAXELEM}`;
    // A run that was cut short may have left the second set behind, half full.
    yield `create ${name} ${kind}\ncreate ${name}_new ${kind}\nflush ${name}_new\n`;
    for (const { network, seconds } of bans.inOrder(version)) {
      const timeout = seconds === Number.POSITIVE_INFINITY ? 0 : clamp(seconds, LONGEST_IPSET_SECONDS);
      // hash:net has no /0.
      const names = network.prefixLength === 0 ? wholeInternet : [textOf(network)];
      for (const text of names) yield `add ${name}_new ${text} timeout ${timeout}\n`;
    }
    yield `swap ${name}_new ${name}\ndestroy ${name}_new\n`;
  }
}

/** One set of nftables can't hold overlapping elements: where networks are nested, the ban that lasts longest counts. */
function* disjointRanges(bans: NetworkList, version: 4 | 6, bits: number): Iterable<TimedRange> {
  /** The networks around the current one; each lasts longer than the one around it. */
  const around: TimedRange[] = [];
  let next = 0n;
  function* leave(before: bigint | undefined): Iterable<TimedRange> {
    for (let top = around.at(-1); top && (before === undefined || top.last < before); top = around.at(-1)) {
      if (next <= top.last) yield { first: next, last: top.last, seconds: top.seconds };
      next = top.last + 1n;
      around.pop();
    }
  }
  for (const { network, seconds } of bans.inOrder(version)) {
    const first = numberOf(network);
    const last = first + (1n << BigInt(bits - network.prefixLength)) - 1n;
    yield* leave(first);
    const outer = around.at(-1);
    if (outer !== undefined && outer.seconds >= seconds) continue;
    if (outer !== undefined && next < first) yield { first: next, last: first - 1n, seconds: outer.seconds };
    around.push({ first, last, seconds });
    next = first;
  }
  yield* leave(undefined);
}

/** The first address of a network as a number. */
function numberOf({ words, version }: IpRange): bigint {
  const own: readonly number[] = version === 4 ? words.slice(0, 1) : words;
  return own.reduce<bigint>((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n);
}

function formatNumber(value: bigint, version: 4 | 6): string {
  const shifts = version === 4 ? [0n] : [96n, 64n, 32n, 0n];
  return writeIp(
    shifts.map((shift) => Number(BigInt.asIntN(32, value >> shift))),
    version,
  );
}

function clamp(seconds: number, longest: number): number {
  return Math.min(seconds, longest);
}
