/** An address or network that a list names. */
export interface ListedNetwork {
  /** CIDR notation in canonical form: `203.0.113.7/32`, `2001:db8::/64`. */
  readonly network: string;
  /** Why, in one line of plain text, as far as the list says so. */
  readonly reason?: string;
  /** Milliseconds since the epoch; without it the entry holds for as long as it is listed. */
  readonly expiresAt?: number;
}

/** What is wrong with one entry, which was left out. */
export interface BanListProblem {
  /** The line, or in a JSON array the entry, counted from 1. */
  readonly line: number;
  /** Plain text that quotes at most 60 characters of the list. */
  readonly problem: string;
}

/** What was read from a list. */
export interface BanList {
  /** Each network once. */
  readonly networks: readonly ListedNetwork[];
  /** The first 100. */
  readonly problems: readonly BanListProblem[];
  /** How many there were beyond those. */
  readonly furtherProblems: number;
}

export const BAN_LIST_FORMATS = ['plain', 'drop', 'crowdsec'] as const;

/**
 * `plain`: an address or network per line, as FireHOL and ipsum publish them. `drop`: the JSON lines of Spamhaus DROP.
 * `crowdsec`: decisions as `cscli decisions list -o json` or the local API lists them.
 */
export type BanListFormat = (typeof BAN_LIST_FORMATS)[number];

export const BAN_EXPORT_FORMATS = [...BAN_LIST_FORMATS, 'nftables', 'ipset'] as const;

/** The lists that can be read again, and files for the firewall of Linux. */
export type BanExportFormat = (typeof BAN_EXPORT_FORMATS)[number];
