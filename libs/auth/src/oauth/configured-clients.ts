import { Injectable } from '@nestjs/common';
import { InputError, PortcullisConfigurationError } from '../errors.js';
import type { OAuthClientRecord } from './oauth-client.store.js';
import { checkedClient, type NewOAuthClient } from './oauth-client-details.js';
import { OAuthClientSecrets } from './oauth-client-secrets.js';

/** A client that the code of the app names. */
export interface ConfiguredOAuthClient extends NewOAuthClient {
  /** `client_id`: never the `sub` of a user. */
  readonly clientId: string;
  /** From the environment, at least 32 characters; the first one is the newest. */
  readonly secrets?: readonly string[];
}

/** Those without a letter or a digit have a meaning of their own in paths. */
const CLIENT_ID = /^(?=.*[a-z\d])[\w.~-]{1,100}$/i;
const SHORTEST_SECRET = 32;

/** The clients that the code of the app names; the store need not know them. */
@Injectable()
export class ConfiguredClients {
  readonly #clients = new Map<string, OAuthClientRecord>();

  constructor(private readonly secrets: OAuthClientSecrets) {}

  /**
   * To be called while the app boots.
   *
   * @param allowHttpOnLoopback whether the server is tried out on this machine
   * @throws PortcullisConfigurationError naming every client that makes no sense
   */
  use(clients: readonly ConfiguredOAuthClient[], allowHttpOnLoopback: boolean): void {
    const problems: string[] = [];
    for (const client of clients) {
      try {
        if (this.#clients.has(client.clientId)) throw new InputError('there are two of them');
        this.#clients.set(client.clientId, this.#recordOf(client, allowHttpOnLoopback));
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        problems.push(`clients: ${JSON.stringify(client.clientId)}: ${error.message}`);
      }
    }
    if (problems.length > 0) throw new PortcullisConfigurationError(problems);
  }

  find(clientId: string): OAuthClientRecord | undefined {
    return this.#clients.get(clientId);
  }

  get all(): readonly OAuthClientRecord[] {
    return [...this.#clients.values()];
  }

  #recordOf(
    { clientId, secrets = [], ...client }: ConfiguredOAuthClient,
    allowHttpOnLoopback: boolean,
  ): OAuthClientRecord {
    if (!CLIENT_ID.test(clientId))
      throw new InputError(
        'clientId must be 1 to 100 letters, digits, _, -, . or ~, with a letter or a digit',
      );
    const { name, details } = checkedClient(client, allowHttpOnLoopback);
    if ((details.authentication === 'secret') !== secrets.length > 0)
      throw new InputError(`it ${secrets.length > 0 ? 'has no use for secrets' : 'needs secrets'}`);
    if (secrets.some((secret) => typeof secret !== 'string' || secret.length < SHORTEST_SECRET))
      throw new InputError(
        `secrets must have at least ${SHORTEST_SECRET} characters: openssl rand -base64 32`,
      );
    return {
      ...{ clientId, name, metadata: JSON.stringify(details) },
      secrets: secrets.map((secret, index) => this.secrets.keptOf(`configured-${index + 1}`, secret)),
      ...{ createdAt: 0, disabledAt: null, version: 0 },
    };
  }
}
