import { type Finding, fail } from './finding.js';

/** Where a service is, as far as that may be shown: a user's name in a URL may be a misplaced password. */
export interface Endpoint {
  /** Holds secrets. */
  readonly url: string;
  readonly shown: string;
}

/** @returns what is wrong with it where it can't be used; that says nothing of the URL but its variable */
export function endpointFrom(
  variable: string,
  url: string,
  schemes: readonly string[],
  port: number,
): Endpoint | Finding {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const check = variable.toLowerCase();
  if (parsed === undefined || !schemes.includes(parsed.protocol.slice(0, -1)))
    return fail(
      check,
      `${variable} is not a URL that begins with ${schemes.join(':// or ')}://`,
      'write it like scheme://user:password@host:port, with / ? # @ : in the password percent-encoded',
    );
  // Otherwise a part of the password would be taken for the host, and be shown.
  if (`${parsed.pathname}${parsed.search}${parsed.hash}`.includes('@'))
    return fail(check, `${variable} has an @ behind its host`, 'percent-encode / ? # @ : in the password');
  return { url, shown: `${parsed.hostname}:${parsed.port || port}` };
}

/** Whether what goes over a connection stays on this machine: a socket file, or an address of loopback. */
export function isLocal(address: string | undefined): boolean {
  return address === undefined || /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/.test(address);
}
