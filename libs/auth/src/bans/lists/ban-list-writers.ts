import type { IpNetwork } from '../../net/ip-address.js';
import type { BanExportFormat } from './ban-list.js';
import { ipsetFile, nftablesFile } from './firewall-files.js';
import { NetworkList } from './network-list.js';

/** A ban in force. */
export interface ExportedBan {
  readonly network: IpNetwork;
  readonly reason: string | undefined;
  /** How much longer it lasts, in seconds: at least 1, and infinite for a ban without end. */
  readonly seconds: number;
}

/** Writes a list ban by ban. */
export interface BanListWriter {
  /** @returns what the text goes on with; empty where the networks have to be gathered and put in order first */
  add(ban: ExportedBan): string;
  /** The rest of the text, in pieces. */
  end(): Iterable<string>;
}

/** CrowdSec knows no ban without end; ten years come close. */
const LONGEST_DECISION_SECONDS = 315_360_000;

/** @param now milliseconds since the epoch */
export function banListWriter(format: BanExportFormat, now: number): BanListWriter {
  switch (format) {
    case 'plain':
      return new PlainWriter();
    case 'drop':
      return new DropWriter(now);
    case 'crowdsec':
      return new CrowdSecWriter();
    case 'nftables':
      return new FirewallWriter(nftablesFile);
    case 'ipset':
      return new FirewallWriter(ipsetFile);
  }
}

class PlainWriter implements BanListWriter {
  add({ network, reason }: ExportedBan): string {
    return `${network.text}${reason ? ` # ${reason}` : ''}\n`;
  }

  end(): Iterable<string> {
    return [];
  }
}

class DropWriter implements BanListWriter {
  #records = 0;

  constructor(private readonly now: number) {}

  add({ network, reason }: ExportedBan): string {
    this.#records++;
    return `${JSON.stringify({ cidr: network.text, reason })}\n`;
  }

  end(): Iterable<string> {
    const timestamp = Math.floor(this.now / 1000);
    return [`${JSON.stringify({ type: 'metadata', timestamp, records: this.#records })}\n`];
  }
}

class CrowdSecWriter implements BanListWriter {
  #isEmpty = true;

  add({ network, reason, seconds }: ExportedBan): string {
    const isAddress = network.prefixLength === (network.version === 4 ? 32 : 128);
    const decision = {
      duration: `${Math.min(seconds, LONGEST_DECISION_SECONDS)}s`,
      reason,
      scope: isAddress ? 'Ip' : 'Range',
      type: 'ban',
      value: isAddress ? network.text.replace(/\/.*/, '') : network.text,
    };
    const before = this.#isEmpty ? '[' : ',';
    this.#isEmpty = false;
    return `${before}\n${JSON.stringify(decision)}`;
  }

  end(): Iterable<string> {
    return [this.#isEmpty ? '[]\n' : '\n]\n'];
  }
}

class FirewallWriter implements BanListWriter {
  readonly #bans = new NetworkList();

  constructor(private readonly file: (bans: NetworkList) => Iterable<string>) {}

  add(ban: ExportedBan): string {
    this.#bans.add(ban);
    return '';
  }

  end(): Iterable<string> {
    return this.file(this.#bans);
  }
}
