import { BlockList, isIP } from 'node:net';
import { type Finding, fail, ok, warn } from '../finding.js';

const CHECK = 'trusted_proxies';
/** Bits. Below these a network is wider than anybody's own. */
const NARROWEST = { ipv4: 8, ipv6: 16 } as const;
const NAMED: readonly string[] = ['loopback', 'linklocal', 'uniquelocal', 'unix'];
/** Strangers, one in each quarter of the addresses. */
const STRANGERS = [
  ['9.9.9.9', 'ipv4'],
  ['101.101.101.101', 'ipv4'],
  ['185.222.222.222', 'ipv4'],
  ['208.67.222.222', 'ipv4'],
] as const;

interface Network {
  readonly text: string;
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly bits: number;
}

/** Whether those whose word on a client's address is believed are few enough. */
export function checkProxies(text: string): Finding {
  const entries = text.split(',').flatMap((entry) => entry.trim() || []);
  const networks = entries.map(networkFrom);
  const unreadable = networks.indexOf(undefined);
  if (unreadable !== -1)
    return fail(
      CHECK,
      `TRUSTED_PROXIES: entry ${unreadable + 1} is no address and no network`,
      'write addresses or networks such as 10.0.0.0/8, separated by commas',
    );
  const known = networks.filter((network) => network !== undefined);
  if (trustsEverybody(known))
    return fail(
      CHECK,
      'TRUSTED_PROXIES trusts everybody, so that every client can name any address as its own',
      'name only your proxies and load balancers',
    );
  const wide = known.find(({ family, bits }) => bits < NARROWEST[family]);
  if (wide !== undefined)
    return warn(
      CHECK,
      `TRUSTED_PROXIES trusts all of ${wide.text}`,
      'name only your proxies and load balancers',
    );
  return ok(CHECK, 'TRUSTED_PROXIES trusts nobody in general');
}

function networkFrom(text: string): Network | undefined {
  // Private networks, by the names that Express has for them.
  if (NAMED.includes(text)) return { text, address: '127.0.0.0', family: 'ipv4', bits: 8 };
  const [address = '', prefix, ...others] = text.split('/');
  const version = isIP(address);
  if (version === 0 || others.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix)))
    return undefined;
  const longest = version === 4 ? 32 : 128;
  const bits = Number(prefix ?? longest);
  return bits > longest ? undefined : { text, address, family: version === 4 ? 'ipv4' : 'ipv6', bits };
}

/** Also where it takes several networks together to hold everybody. */
function trustsEverybody(networks: readonly Network[]): boolean {
  if (networks.some(({ bits }) => bits === 0)) return true;
  const trusted = new BlockList();
  for (const { address, bits, family } of networks) trusted.addSubnet(address, bits, family);
  return STRANGERS.every(
    ([address, family]) => trusted.check(address, family) || trusted.check(`::ffff:${address}`, 'ipv6'),
  );
}
