import { parseIpNetwork } from '../../net/ip-address.js';
import type { BanExportFormat } from './ban-list.js';
import { type BanListWriter, banListWriter, type ExportedBan } from './ban-list-writers.js';
import { quoted, reasonText } from './list-text.js';

export { BAN_EXPORT_FORMATS, type BanExportFormat } from './ban-list.js';

/** A ban to be listed. */
export interface BanToList {
  /** An address, or a network in CIDR notation. */
  readonly network: string;
  readonly reason?: string | undefined;
  /** Milliseconds since the epoch; undefined for a ban without end. */
  readonly expiresAt?: number | undefined;
}

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
  const exported = new Map<string, ExportedBan>();
  for (const ban of bans) {
    const one = exportedBan(ban, now);
    const existing = one && exported.get(one.network.text);
    if (one === undefined || (existing !== undefined && existing.seconds >= one.seconds)) continue;
    exported.set(one.network.text, one);
  }
  return written(exported.values(), banListWriter(format, now));
}

/**
 * A ban that is in force as a list shows it; undefined for one that is over.
 *
 * @param now milliseconds since the epoch
 * @throws TypeError for a ban of no network
 */
export function exportedBan(
  { network: text, reason, expiresAt }: BanToList,
  now: number,
): ExportedBan | undefined {
  const network = parseIpNetwork(text);
  if (network === undefined) throw new TypeError(`A ban is of no network: ${quoted(text)}`);
  const seconds = Math.ceil(((expiresAt ?? Number.POSITIVE_INFINITY) - now) / 1000);
  return seconds > 0 ? { network, reason: reasonText(reason), seconds } : undefined;
}

function* written(bans: Iterable<ExportedBan>, writer: BanListWriter): Iterable<string> {
  for (const ban of bans) yield writer.add(ban);
  yield* writer.end();
}
