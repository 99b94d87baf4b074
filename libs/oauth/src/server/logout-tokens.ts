import { randomUUID } from 'node:crypto';
import type { Client, Provider } from 'oidc-provider';
import type { ClientServers } from './client-servers.js';

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** An ID token of the provider's, with what its types leave out. */
interface LogoutToken {
  mask: object;
  set(name: string, value: unknown): void;
  issue(options: { use: 'logout' }): Promise<string>;
}

/**
 * Tells a client that a user has logged out (OpenID Connect Back-Channel Logout section 2.5). What the provider would do is the same, but for
 * a guard of its own around `fetch`, of which it warns by the console where it does not know how `fetch` is made.
 *
 * @param who the user, and `sid` of what has ended
 * @throws Error where the client does not say that it knows
 */
export async function tellOfLogout(
  client: Client,
  [sub, sid]: readonly [string, string],
  provider: Provider,
  servers: ClientServers,
): Promise<void> {
  const token = new (provider.IdToken as unknown as new (...values: object[]) => LogoutToken)(
    { sub },
    { client },
  );
  token.mask = { sub: null };
  for (const [name, value] of Object.entries({ events: { [LOGOUT_EVENT]: {} }, jti: randomUUID(), sid }))
    token.set(name, value);
  const url = String(client.backchannelLogoutUri);
  const body = new URLSearchParams({ logout_token: await token.issue({ use: 'logout' }) });
  const { status } = await servers.post(new URL(url), body);
  if (status !== 200 && status !== 204) throw new Error(`${url} answered ${status}`);
}
