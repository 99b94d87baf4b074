import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AccessRule } from '../access/access-rule.js';
import type { ClientIp } from '../bans/client-ip.js';
import type { IpAddress } from '../bans/ip-address.js';
import { type CredentialKind, PortcullisError } from '../errors.js';
import type { RequestFacts } from '../events/security-events.js';
import type { AppIdentity, Identity, UserIdentity } from './identity.js';

/** Express hands out Node's request itself, Fastify a request that wraps it. */
export type FrameworkRequest = (IncomingMessage | { readonly raw: IncomingMessage }) & {
  readonly body?: unknown;
};

/** RFC 6750 section 2.1; the scheme in any case (RFC 9110 section 11.1). */
const BEARER = /^bearer(?: +(.*))?$/is;

const EXCHANGE = Symbol('portcullis.exchange');

interface Carrier extends IncomingMessage {
  [EXCHANGE]?: Exchange;
}

/**
 * One request, from its arrival to its answer, as Portcullis sees it: the only place that reads raw
 * requests, and the only thing we hang on them.
 */
export class Exchange {
  /** What the handler demands, once the handler is known. */
  rule: AccessRule | undefined;
  /** The proven application. */
  app: AppIdentity | undefined;
  /** The proven user. */
  user: UserIdentity | undefined;
  /** Whether the address has been looked up among the bans. */
  screened = false;
  /** The request as the framework hands it to guards, once it does. */
  framework: FrameworkRequest | undefined;
  /** Told of a refusal that comes when the client has already gone away. */
  onLateRefusal: (() => void) | undefined;

  #refusal: PortcullisError | undefined;
  #address: IpAddress | undefined;
  #requestId: string | undefined;

  private constructor(
    private readonly request: IncomingMessage,
    private readonly clientIp: ClientIp,
  ) {}

  /** The exchange of a request, if it has one. */
  static of(request: FrameworkRequest): Exchange | undefined {
    return (rawRequestOf(request) as Carrier)[EXCHANGE];
  }

  /** Begins the exchange of a request. */
  static begin(request: IncomingMessage, clientIp: ClientIp): Exchange {
    const exchange = new Exchange(request, clientIp);
    (request as Carrier)[EXCHANGE] = exchange;
    return exchange;
  }

  /** Why the request was refused, by whichever part of Portcullis refused it first. */
  get refusal(): PortcullisError | undefined {
    return this.#refusal;
  }

  /** Notes a refusal; whoever refuses still has to answer, or to throw. */
  refuse(error: PortcullisError): void {
    if (this.#refusal !== undefined) return;
    this.#refusal = error;
    this.onLateRefusal?.();
  }

  /** Keeps what a credential proved. */
  hold(identity: Identity): void {
    if (identity.kind === 'app') this.app = identity;
    else this.user = identity;
  }

  /** Where the request really comes from. */
  get address(): IpAddress {
    this.#address ??= this.clientIp.of(this.request);
    return this.#address;
  }

  /** Whether what the client sent was encrypted on its way. */
  get isSecure(): boolean {
    return this.clientIp.isSecure(this.request);
  }

  /** A browser's question whether it may ask; it never carries a credential. */
  get isPreflight(): boolean {
    const { method, headers } = this.request;
    return (
      method === 'OPTIONS' &&
      headers.origin !== undefined &&
      headers['access-control-request-method'] !== undefined
    );
  }

  /** A name for this request that client and operator share. */
  get requestId(): string {
    this.#requestId ??= randomUUID();
    return this.#requestId;
  }

  /** What may be told about the request: never a header, a query or a body. */
  get facts(): RequestFacts {
    const { method = '', url = '' } = this.request;
    return {
      requestId: this.requestId,
      method,
      path: url.split('?', 1)[0] as string,
      address: this.address.text,
      ...(this.rule && { handler: this.rule.handler }),
      ...(this.user && { subject: this.user.subject }),
      ...(this.app && { appId: this.app.appId }),
    };
  }

  /**
   * The access token (RFC 6750 section 2.1); undefined where there is none, or another scheme.
   *
   * @throws PortcullisError `invalid_request` when a token comes twice, or in the URL
   */
  bearerToken(): string | undefined {
    const authorization = this.#single('authorization', 'token');
    const token = authorization === undefined ? undefined : BEARER.exec(authorization);
    if (this.#hasTokenInQuery()) {
      throw invalidRequest('token', 'an access token was sent in the URL');
    }
    if (token && this.#hasTokenInForm()) {
      throw invalidRequest('token', 'an access token was sent in the header and in the body');
    }
    return token ? (token[1] ?? '') : undefined;
  }

  /** The bearer token as Node has it, with nothing checked: for looking at what a refused caller sent. */
  get uncheckedToken(): string | undefined {
    return BEARER.exec(this.request.headers.authorization ?? '')?.[1];
  }

  /**
   * The API key in the named header.
   *
   * @throws PortcullisError `invalid_request` when the header comes twice
   */
  apiKey(header: string): string | undefined {
    return this.#single(header.toLowerCase(), 'api-key');
  }

  /** Node keeps the first of two `Authorization` headers and joins the others: only the raw list tells. */
  #single(name: string, kind: CredentialKind): string | undefined {
    const value = this.request.headers[name];
    if (value === undefined) return undefined;
    const { rawHeaders } = this.request;
    let count = 0;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const rawName = rawHeaders[index] as string;
      if (rawName.length === name.length && rawName.toLowerCase() === name) count++;
    }
    if (count > 1) throw invalidRequest(kind, `the header ${name} was sent ${count} times`);
    return String(value);
  }

  #hasTokenInQuery(): boolean {
    const { url = '' } = this.request;
    const query = url.indexOf('?');
    return (
      query !== -1 &&
      url.includes('access_token', query) &&
      new URLSearchParams(url.slice(query + 1)).has('access_token')
    );
  }

  /** Section 2.2: a form may be a second way for a token. Only the framework's own request has the parsed body. */
  #hasTokenInForm(): boolean {
    const body = this.framework?.body;
    const contentType = this.request.headers['content-type'] ?? '';
    return (
      contentType.toLowerCase().startsWith('application/x-www-form-urlencoded') &&
      typeof body === 'object' &&
      body !== null &&
      'access_token' in body
    );
  }
}

/** Node's own request, by what only that one has: anybody may hang a property named `raw` on Express's. */
export function rawRequestOf(request: FrameworkRequest): IncomingMessage {
  return 'rawHeaders' in request ? request : request.raw;
}

function invalidRequest(kind: CredentialKind, reason: string): PortcullisError {
  return new PortcullisError('invalid_request', reason, { challenge: [kind] });
}
