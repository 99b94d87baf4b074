import { Resolver } from 'node:dns/promises';
import { answerWithin } from '../../async/time-limit.js';
import { type IpAddress, parseIpAddress } from '../../net/ip-address.js';

/** What of `node:dns/promises` is needed. */
export interface DnsResolver {
  /** The names of an address. */
  reverse(address: string): Promise<string[]>;
  /** The IPv4 addresses of a name. */
  resolve4(name: string): Promise<string[]>;
  /** The IPv6 addresses of a name. */
  resolve6(name: string): Promise<string[]>;
}

const PATIENCE_MS = 5_000;

/** An address has one name, or a few; whoever gives it thousands has something else in mind. */
const MOST_NAMES = 5;

/** What a name server says: that the name does not exist, or has no such record. */
const NOTHING_THERE = ['ENOTFOUND', 'ENODATA'];

/** The system's resolver, which gives up sooner than it would by itself. */
export function systemResolver(): DnsResolver {
  return new Resolver({ timeout: 2_000, tries: 1 });
}

/**
 * Whether an address has a name in one of some domains, and that name has the address: anybody can give their own address a name of Google's,
 * but only Google can give that name the address.
 *
 * @throws Error when nobody could say
 */
export function hasConfirmedName(
  address: IpAddress,
  domains: readonly string[],
  resolver: DnsResolver,
): Promise<boolean> {
  return answerWithin(PATIENCE_MS, 'the name server', look(address, domains, resolver));
}

async function look(address: IpAddress, domains: readonly string[], resolver: DnsResolver): Promise<boolean> {
  const names = await existing(resolver.reverse(address.text));
  for (const name of names.slice(0, MOST_NAMES)) {
    const host = name.toLowerCase().replace(/\.$/, '');
    if (!domains.some((domain) => host.endsWith(`.${domain.toLowerCase()}`))) continue;
    const back = await existing(address.version === 4 ? resolver.resolve4(host) : resolver.resolve6(host));
    if (back.some((text) => parseIpAddress(text)?.text === address.text)) return true;
  }
  return false;
}

async function existing(answer: Promise<string[]>): Promise<string[]> {
  try {
    return await answer;
  } catch (error) {
    if (NOTHING_THERE.includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
