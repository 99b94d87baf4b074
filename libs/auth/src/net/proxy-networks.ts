import { parseIpNetwork } from './ip-address.js';

/** Trusts whoever has connected through a Unix socket: the rights on its file say who can. */
export const UNIX_SOCKET = 'unix';

/** The names that Express has for networks of proxies. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** The networks of proxies, those that have a name in the place of the name. */
export function proxyNetworks(listed: readonly string[]): readonly string[] {
  return listed.flatMap((entry) => named(entry) ?? [entry]);
}

/** Whether it names a proxy or a network of them, and not everybody: that would let every client name its own address. */
export function isProxyNetwork(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const network = parseIpNetwork(value);
  return (
    value === UNIX_SOCKET || named(value) !== undefined || (network !== undefined && network.prefixLength > 0)
  );
}

function named(text: string): readonly string[] | undefined {
  return Object.hasOwn(NAMED, text) ? NAMED[text] : undefined;
}
