import { Inject, Injectable } from '@nestjs/common';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { OAuthClientRecords } from './oauth-client-records.js';
import { OAuthClientSecrets } from './oauth-client-secrets.js';
import { clientFactsOf } from './oauth-client-view.js';
import { OAuthClients } from './oauth-clients.js';
import { OAUTH_CLIENT_CHANGED } from './oauth-events.js';
import { OAUTH_SETTINGS, type OAuthSettings } from './oauth-settings.js';

/** Names and ends secrets of clients that were found where they should not be. */
@Injectable()
export class OAuthClientLeaks {
  /** Whose each secret is, while that is looked up. */
  #looking: Promise<ReadonlyMap<string, string>> | undefined;

  constructor(
    @Inject(OAUTH_SETTINGS) private readonly settings: OAuthSettings,
    private readonly clients: OAuthClients,
    private readonly records: OAuthClientRecords,
    private readonly secrets: OAuthClientSecrets,
    private readonly events: SecurityEvents,
  ) {}

  /** The id of a secret of ours that works; undefined for anything else. @throws PortcullisError `temporarily_unavailable` */
  async nameOf(text: string): Promise<string | undefined> {
    const id = this.secrets.idIn(text);
    const clientId = id === undefined ? undefined : (await this.#holders()).get(id);
    const record = clientId === undefined ? undefined : await this.records.find(clientId);
    const named = record?.secrets.filter((secret) => secret.id === id) ?? [];
    return this.secrets.matches(text, named) ? id : undefined;
  }

  /**
   * Ends a secret at once, without an overlap. The client has none until it is rotated, unless a newer one is there.
   *
   * @returns its id; undefined where it is no secret of ours that works
   * @throws PortcullisError `temporarily_unavailable`
   */
  async end(text: string, who: Actor): Promise<string | undefined> {
    const id = this.secrets.idIn(text);
    const clientId = id === undefined ? undefined : (await this.#holders()).get(id);
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

  /** One look at all clients for as many as ask meanwhile: whoever makes up secrets causes no more than that. */
  #holders(): Promise<ReadonlyMap<string, string>> {
    this.#looking ??= this.#lookForHolders().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookForHolders(): Promise<ReadonlyMap<string, string>> {
    const holders = new Map<string, string>();
    let cursor: string | undefined;
    do {
      const page = await this.clients.list({ limit: 1_000, ...(cursor !== undefined && { cursor }) });
      for (const { clientId, secrets } of page.clients)
        for (const { id } of secrets) holders.set(id, clientId);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return holders;
  }
}
