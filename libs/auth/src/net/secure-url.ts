/**
 * Whether this is an https URL without credentials, query and fragment.
 *
 * @param allowHttpOnLoopback whether plain http is good enough for a server on this machine
 */
export function isSecureUrl(value: unknown, allowHttpOnLoopback: boolean): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(value);
  const isLoopback =
    hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  const isSecure = protocol === 'https:' || (protocol === 'http:' && isLoopback && allowHttpOnLoopback);
  return isSecure && username + password + search + hash === '';
}
