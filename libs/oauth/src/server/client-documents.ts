import { Inject, Injectable } from '@nestjs/common';
import {
  InputError,
  type OAuthClient,
  PortcullisError,
  type RequestContext,
  TEMPORARILY_UNAVAILABLE,
} from '@portcullis/auth';
import {
  checkedClient,
  isDocumentUrl,
  RATE_LIMIT_EXCEEDED,
  RATE_LIMIT_SETTINGS,
  type RateLimitSettings,
  RecentlyUsed,
  RequestCounter,
  subscriberNetworkOf,
} from '@portcullis/auth/internal';
import { describedClient } from './client-metadata.js';
import { ClientServers } from './client-servers.js';
import {
  OAUTH_SERVER_SETTINGS,
  type OAuthClientDocuments,
  type OAuthServerSettings,
} from './server-settings.js';

const MAX_BYTES = 5_120;
/** Documents that are kept, of clients that there are and of those that there are not. */
const REMEMBERED = 1_000;
/** How long, in milliseconds: what a client changes holds as soon as that. */
const KEPT_MS = 300_000;
/** The same for what is no document; whoever mends it should not wait long. */
const REFUSED_MS = 60_000;
/** Fetches at the same time, of all documents. */
const MOST_FETCHES = 8;
/** Each of them lets somebody here make us ask somebody there. */
const BY_ADDRESS = { requests: 20, windowSeconds: 60 };

interface Known {
  /** Undefined where the document makes no sense. */
  readonly client?: OAuthClient | undefined;
  /** Why it could not be had: whoever asks again and again must not have us ask again and again. */
  readonly failure?: string;
  readonly until: number;
}

/**
 * Clients that nobody has registered: their id is the URL of a document in which they describe themselves
 * (draft-ietf-oauth-client-id-metadata-document). Nobody here has looked at it, so people read the host that it comes from in place of a name.
 */
@Injectable()
export class ClientDocuments {
  readonly #known = new RecentlyUsed<Known>(REMEMBERED);
  readonly #fetching = new Map<string, Promise<Known>>();
  readonly #counter: RequestCounter;

  constructor(
    @Inject(OAUTH_SERVER_SETTINGS) private readonly settings: OAuthServerSettings,
    @Inject(RATE_LIMIT_SETTINGS) private readonly clock: RateLimitSettings,
    private readonly servers: ClientServers,
  ) {
    const { now, rateLimits } = clock;
    this.#counter = new RequestCounter(now, 'Documents of clients are counted', rateLimits.limiter);
  }

  /** Whether a text names a document, in the one spelling that its URL has. */
  isClientId(text: string): boolean {
    const { clientDocuments } = this.settings;
    if (clientDocuments === undefined || !isDocumentUrl(text)) return false;
    return clientDocuments.hosts === undefined || clientDocuments.hosts.includes(new URL(text).hostname);
  }

  /**
   * @param address of whoever asks; undefined where nobody does who could be counted
   * @returns undefined where there is no such client
   * @throws PortcullisError `temporarily_unavailable` where its document can't be had; `rate_limit_exceeded`
   */
  async find(
    clientId: string,
    address: RequestContext['address'] | undefined,
  ): Promise<OAuthClient | undefined> {
    const { clientDocuments } = this.settings;
    if (clientDocuments === undefined || !this.isClientId(clientId)) return undefined;
    const known = this.#known.get(clientId);
    const isFresh = known !== undefined && known.until > this.clock.now();
    const { client, failure } = isFresh
      ? known
      : await (this.#fetching.get(clientId) ?? this.#begin(clientId, clientDocuments, address));
    if (failure !== undefined) throw unavailable(clientId, failure);
    return client;
  }

  async #begin(
    clientId: string,
    documents: OAuthClientDocuments,
    address: RequestContext['address'] | undefined,
  ): Promise<Known> {
    if (this.#fetching.size >= MOST_FETCHES) throw unavailable(clientId, 'too many are being fetched');
    const fetching = this.#fetch(clientId, documents, address).finally(() => this.#fetching.delete(clientId));
    this.#fetching.set(clientId, fetching);
    const known = await fetching;
    this.#known.set(clientId, known);
    return known;
  }

  async #fetch(
    clientId: string,
    { scopes, ca }: OAuthClientDocuments,
    address: RequestContext['address'] | undefined,
  ): Promise<Known> {
    if (address !== undefined) await this.#countBy(address);
    const url = new URL(clientId);
    try {
      const document = await this.servers.json(url, { maxBytes: MAX_BYTES, allowLoopback: false, ca });
      return { client: clientIn(document, url, scopes), until: this.clock.now() + KEPT_MS };
    } catch (error) {
      const until = this.clock.now() + REFUSED_MS;
      return error instanceof InputError ? { until } : { failure: String(error), until };
    }
  }

  async #countBy(address: RequestContext['address']): Promise<void> {
    const { count, resetSeconds } = await this.#counter.count(
      'address',
      `oauth documents ${subscriberNetworkOf(address).text}`,
      BY_ADDRESS,
    );
    if (count > BY_ADDRESS.requests)
      throw new PortcullisError(RATE_LIMIT_EXCEEDED, 'documents of clients are asked for all the time', {
        retryAfterSeconds: resetSeconds,
      });
  }
}

/** @throws InputError where it is no client of that id */
function clientIn(document: unknown, url: URL, scopes: readonly string[]): OAuthClient {
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new InputError('the document is no object');
  const metadata = { token_endpoint_auth_method: 'none', ...document } as Readonly<Record<string, unknown>>;
  if (metadata.client_id !== url.href) throw new InputError('client_id is not the URL of the document');
  if ('client_secret' in metadata) throw new InputError('a document that everybody reads holds no secret');
  const described = describedClient({ ...metadata, client_name: url.host }, url.host, scopes);
  if (described.authentication === 'secret')
    throw new InputError('a secret is nothing that could be known here');
  const { name, details } = checkedClient(described, false);
  return {
    ...{ ...details, name, clientId: url.href, secrets: [] },
    ...{ createdAt: 0, disabledAt: null, isConfigured: false, isDocument: true },
  };
}

function unavailable(clientId: string, reason: string): PortcullisError {
  return new PortcullisError(
    TEMPORARILY_UNAVAILABLE,
    `the document of the client ${clientId} can't be had: ${reason}`,
    {
      retryAfterSeconds: 60,
    },
  );
}
