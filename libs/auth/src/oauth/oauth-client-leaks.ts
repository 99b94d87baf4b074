import { Inject, Injectable } from '@nestjs/common';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { OAuthClientRecords } from './oauth-client-records.js';
import { OAuthClientSecrets } from './oauth-client-secrets.js';
import { clientFactsOf } from './oauth-client-view.js';
import { OAuthClients } from './oauth-clients.js';
import { OAUTH_CLIENT_CHANGED } from './oauth-events.js';
import { OAUTH_SETTINGS, type OAuthSettings } from './oauth-settings.js';

/** Ends secrets of clients that were found where they should not be. */
@Injectable()
export class OAuthClientLeaks {
  constructor(
    @Inject(OAUTH_SETTINGS) private readonly settings: OAuthSettings,
    private readonly clients: OAuthClients,
    private readonly records: OAuthClientRecords,
    private readonly secrets: OAuthClientSecrets,
    private readonly events: SecurityEvents,
  ) {}

  /**
   * Ends a secret at once, without an overlap. The client has none until it is rotated, unless a newer one is there.
   *
   * @returns its id; undefined where it is no secret of ours that works
   * @throws PortcullisError `temporarily_unavailable`
   */
  async end(text: string, who: Actor): Promise<string | undefined> {
    const id = this.secrets.idIn(text);
    const clientId = id === undefined ? undefined : await this.#holderOf(id);
    if (id === undefined || clientId === undefined) return undefined;
    const endedAt = this.settings.now();
    const changed = await this.records.change(clientId, ({ secrets }) => {
      const [leaked] = secrets.filter((secret) => secret.id === id);
      if (leaked === undefined || !this.secrets.matches(text, [leaked])) return undefined;
      return { secrets: secrets.map((each) => (each === leaked ? { ...leaked, expiresAt: endedAt } : each)) };
    });
    if (!changed?.isDone) return undefined;
    this.events.emit(OAUTH_CLIENT_CHANGED, { ...clientFactsOf(changed.record), ...actorOf(who) });
    return id;
  }

  async #holderOf(secretId: string): Promise<string | undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.clients.list({ limit: 1_000, ...(cursor !== undefined && { cursor }) });
      const holder = page.clients.find(({ secrets }) => secrets.some(({ id }) => id === secretId));
      if (holder !== undefined) return holder.clientId;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return undefined;
  }
}
