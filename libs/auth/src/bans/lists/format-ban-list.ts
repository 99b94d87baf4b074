import { type IpNetwork, parseIpNetwork } from '../../net/ip-address.js';
import { BAN_LIST_FORMATS } from './ban-list.js';
import { ipsetFile, nftablesFile } from './firewall-files.js';
import { quoted, reasonText } from './list-text.js';

export const BAN_EXPORT_FORMATS = [...BAN_LIST_FORMATS, 'nftables', 'ipset'] as const;

/** The lists that can be read again, and files for the firewall of Linux. */
export type BanExportFormat = (typeof BAN_EXPORT_FORMATS)[number];

/** A ban to be listed. */
export interface BanToList {
  /** An address, or a network in CIDR notation. */
  readonly network: string;
  readonly reason?: string | undefined;
  /** Milliseconds since the epoch; undefined for a ban without end. */
  readonly expiresAt?: number | undefined;
}

/** A ban in force. */
export interface ExportedBan {
  readonly network: IpNetwork;
  readonly reason: string | undefined;
  /** How much longer it lasts, in seconds: at least 1, and infinite for a ban without end. */
  readonly seconds: number;
}

/** CrowdSec knows no ban without end; ten years come close. */
const LONGEST_DECISION_SECONDS = 315_360_000;

/**
 * Writes the bans that are in force, each network once, as text in pieces that end with a line.
 *
 * `plain` and `drop` can't say when a ban ends. `crowdsec` is what `cscli decisions import` reads. `nftables` is for `nft -f`,
 * which replaces the whole table `inet portcullis` in one transaction; `ipset` is for `ipset restore -exist`, which swaps new
 * content into the sets `portcullis_ipv4` and `portcullis_ipv6`. Both forget a ban at its end, `ipset` after 24 days at the latest.
 *
 * @param options now is in milliseconds since the epoch
 * @throws TypeError for a ban of no network
 */
export function formatBanList(
  bans: Iterable<BanToList>,
  format: BanExportFormat,
  { now }: { readonly now: number },
): Iterable<string> {
  const exported = active(bans, now);
  switch (format) {
    case 'plain':
      return plainFile(exported);
    case 'drop':
      return dropFile(exported, now);
    case 'crowdsec':
      return crowdSecFile(exported);
    case 'nftables':
      return nftablesFile(exported);
    case 'ipset':
      return ipsetFile(exported);
  }
}

function active(bans: Iterable<BanToList>, now: number): readonly ExportedBan[] {
  const exported = new Map<string, ExportedBan>();
  for (const ban of bans) {
    const network = parseIpNetwork(ban.network);
    if (network === undefined) throw new TypeError(`A ban is of no network: ${quoted(ban.network)}`);
    const seconds = Math.ceil(((ban.expiresAt ?? Number.POSITIVE_INFINITY) - now) / 1000);
    const existing = exported.get(network.text);
    if (!(seconds > 0) || (existing !== undefined && existing.seconds >= seconds)) continue;
    exported.set(network.text, { network, reason: reasonText(ban.reason), seconds });
  }
  return [...exported.values()];
}

function* plainFile(bans: readonly ExportedBan[]): Iterable<string> {
  for (const { network, reason } of bans) yield `${network.text}${reason ? ` # ${reason}` : ''}\n`;
}

function* dropFile(bans: readonly ExportedBan[], now: number): Iterable<string> {
  for (const { network, reason } of bans) yield `${JSON.stringify({ cidr: network.text, reason })}\n`;
  const timestamp = Math.floor(now / 1000);
  yield `${JSON.stringify({ type: 'metadata', timestamp, records: bans.length })}\n`;
}

function* crowdSecFile(bans: readonly ExportedBan[]): Iterable<string> {
  let before = '[';
  for (const { network, reason, seconds } of bans) {
    const isAddress = network.prefixLength === (network.version === 4 ? 32 : 128);
    const decision = {
      duration: `${Math.min(seconds, LONGEST_DECISION_SECONDS)}s`,
      reason,
      scope: isAddress ? 'Ip' : 'Range',
      type: 'ban',
      value: isAddress ? network.text.replace(/\/.*/, '') : network.text,
    };
    yield `${before}\n${JSON.stringify(decision)}`;
    before = ',';
  }
  yield bans.length === 0 ? '[]\n' : '\n]\n';
}
