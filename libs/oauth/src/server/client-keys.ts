import { Inject, Injectable } from '@nestjs/common';
import type { OAuthClientKey } from '@portcullis/auth';
import {
  MessageSignatureKey,
  RecentlyUsed,
  RemoteDocument,
  TOKEN_SETTINGS,
  type TokenSettings,
} from '@portcullis/auth/internal';
import { decodeProtectedHeader } from 'jose';
import { ClientServers } from './client-servers.js';

/** A key that its client has taken back opens nothing after a minute, or after a day where its server does not answer. */
const TIMES = { refreshSeconds: 60, maxAgeSeconds: 86_400, cooldownSeconds: 10, retrySeconds: 10 };
/** A longer set is not read to its end. */
const MOST_KEYS = 32;
const REMEMBERED_SETS = 1_000;

/**
 * The keys of clients that publish them. The provider would look for newer ones where a signature fails, and not where one holds: a key that
 * its client has taken back would go on for ever.
 */
@Injectable()
export class ClientKeys {
  readonly #sets = new RecentlyUsed<RemoteDocument<readonly OAuthClientKey[]>>(REMEMBERED_SETS);

  constructor(
    @Inject(TOKEN_SETTINGS) private readonly clock: TokenSettings,
    private readonly servers: ClientServers,
  ) {}

  /**
   * The keys that may have signed an assertion.
   *
   * @throws PortcullisError `temporarily_unavailable` where there are none, and the client's server can not be asked
   */
  async of(url: string, assertion: string): Promise<readonly OAuthClientKey[]> {
    const set = this.#setAt(url);
    const keys = set.current() ?? (await set.renewed());
    const kid = kidOf(assertion);
    const isKnown = kid === undefined || keys.some((key) => key.kid === kid);
    return isKnown ? keys : await set.renewed();
  }

  #setAt(url: string): RemoteDocument<readonly OAuthClientKey[]> {
    const known = this.#sets.get(url);
    if (known !== undefined) return known;
    const read = async () => keysIn(await this.servers.json(new URL(url)));
    const set = new RemoteDocument(`the keys of a client at ${url}`, read, TIMES, this.clock.now);
    this.#sets.set(url, set);
    return set;
  }
}

/** One key that is unfit does not silence the others. */
function keysIn(json: unknown): readonly OAuthClientKey[] {
  const keys = typeof json === 'object' && json !== null && 'keys' in json ? json.keys : undefined;
  if (!Array.isArray(keys)) throw new TypeError('it is no JWK Set');
  const usable = keys.slice(0, MOST_KEYS).flatMap(keyFrom);
  if (usable.length === 0) throw new TypeError('it holds no public key that signs');
  return usable;
}

function keyFrom(given: unknown): OAuthClientKey[] {
  try {
    const { jwk } = new MessageSignatureKey(given);
    const { kid, alg } = given as OAuthClientKey;
    return [{ ...jwk, ...(typeof kid === 'string' && { kid }), ...(typeof alg === 'string' && { alg }) }];
  } catch {
    return [];
  }
}

function kidOf(assertion: string): string | undefined {
  try {
    return decodeProtectedHeader(assertion).kid;
  } catch {
    return undefined;
  }
}
