import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SecurityEvents, Shutdown } from '@portcullis/auth';
import { OAUTH_SERVER_FAILED } from '@portcullis/auth/internal';
import type { Client, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { ClientServers } from './client-servers.js';

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** An ID token of the provider's, with what its types leave out. */
interface LogoutToken {
  mask: object;
  set(name: string, value: unknown): void;
  issue(options: { use: 'logout' }): Promise<string>;
}

/** Who has logged out: the user, and `sid` of what has ended. */
type LoggedOut = readonly [sub: string, sid: string];

/**
 * Tells clients that a user has logged out (OpenID Connect Back-Channel Logout section 2.5). The provider would tell them first and end the
 * session then, so that a client whose server hangs would keep it alive.
 */
@Injectable()
export class ClientLogouts {
  readonly #awaited = new WeakMap<KoaContextWithOIDC, (() => Promise<void>)[]>();
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    private readonly servers: ClientServers,
    private readonly events: SecurityEvents,
    shutdown: Shutdown,
  ) {
    shutdown.register({
      name: 'What clients are told of logouts',
      writeRest: async () => {
        await Promise.all(this.#underWay);
      },
    });
  }

  /** Has a client told when the session has ended. */
  add(client: Client, who: LoggedOut, context: KoaContextWithOIDC): void {
    const { provider } = context.oidc;
    const tellings = this.#awaited.get(context) ?? [];
    this.#awaited.set(context, [...tellings, () => this.#tell(client, who, provider)]);
  }

  watch(provider: Provider): void {
    provider.on('end_session.success', (context) => {
      for (const tell of this.#awaited.get(context) ?? []) {
        const telling = tell().finally(() => this.#underWay.delete(telling));
        this.#underWay.add(telling);
      }
    });
  }

  async #tell(client: Client, who: LoggedOut, provider: Provider): Promise<void> {
    try {
      const url = String(client.backchannelLogoutUri);
      const body = new URLSearchParams({ logout_token: await logoutToken(client, who, provider) });
      const { status } = await this.servers.post(new URL(url), body);
      if (status !== 200 && status !== 204) throw new Error(`${url} answered ${status}`);
    } catch (error) {
      const reason = `the client ${client.clientId} could not be told of a logout: ${error}`;
      this.events.emit(OAUTH_SERVER_FAILED, { reason });
    }
  }
}

async function logoutToken(client: Client, [sub, sid]: LoggedOut, { IdToken }: Provider): Promise<string> {
  const token = new (IdToken as unknown as new (...values: object[]) => LogoutToken)({ sub }, { client });
  token.mask = { sub: null };
  for (const [name, value] of Object.entries({ events: { [LOGOUT_EVENT]: {} }, jti: randomUUID(), sid }))
    token.set(name, value);
  return token.issue({ use: 'logout' });
}
