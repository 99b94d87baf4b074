import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AccessRule } from '../access/access-rule.js';
import { type CredentialKind, PortcullisError } from '../errors.js';
import type { RequestFacts } from '../events/security-events.js';
import type { AppIdentity, Identity, UserIdentity } from '../identity/identity.js';
import type { ClientIp } from '../net/client-ip.js';
import type { IpAddress } from '../net/ip-address.js';
import { pathIn, requestTarget } from './request-target.js';

/** Express hands out Node's request itself, Fastify a request that wraps it. */
export type FrameworkRequest = (IncomingMessage | { readonly raw: IncomingMessage }) & {
  readonly body?: unknown;
};

/** What comes before the token (RFC 6750 section 2.1); the scheme in any case (RFC 9110 section 11.1). */
const BEARER = /^bearer(?: +|$)/i;

/** What API keys are called by clients that send them in the URL. */
const KEY_PARAMETERS = ['api_key', 'apikey', 'api-key'];

const CONTEXT = Symbol('portcullis.context');

interface Carrier extends IncomingMessage {
  [CONTEXT]?: RequestContext;
}

/**
 * One request, from its arrival to its answer, as Portcullis sees it: the only place that reads raw
 * requests, and the only thing we hang on them.
 */
export class RequestContext {
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
  /** The path as it may be told, where the real one holds a secret. */
  redactedPath: string | undefined;
  /** Told of a refusal that comes when the client has already gone away. */
  onLateRefusal: (() => void) | undefined;
  /** As the client sent it. */
  readonly method: string;
  /** As the client sent it; it may hold a secret. Express changes that of the request on the way through its routers. */
  readonly url: string;

  readonly #headers: IncomingHttpHeaders;
  readonly #rawHeaders: readonly string[];
  #refusal: PortcullisError | undefined;
  #done: Map<string, unknown> | undefined;
  #address: IpAddress | undefined;
  #requestId: string | undefined;

  private constructor(
    private readonly request: IncomingMessage,
    private readonly clientIp: ClientIp,
    private readonly response: ServerResponse | undefined,
  ) {
    // Read now: every request that Express has had in its hands has a shape of its own, in which V8 has to search for everything.
    this.method = request.method ?? '';
    this.url = request.url ?? '';
    this.#headers = request.headers;
    this.#rawHeaders = request.rawHeaders;
  }

  /** The context of a request, if it has one. */
  static of(request: FrameworkRequest): RequestContext | undefined {
    const context = (request as Carrier)[CONTEXT];
    return context !== undefined || isRaw(request) ? context : (request.raw as Carrier)[CONTEXT];
  }

  /** Begins the context of a request. */
  static begin(request: IncomingMessage, clientIp: ClientIp, response?: ServerResponse): RequestContext {
    const context = new RequestContext(request, clientIp, response);
    (request as Carrier)[CONTEXT] = context;
    return context;
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
    return (
      this.method === 'OPTIONS' &&
      this.#headers.origin !== undefined &&
      this.#headers['access-control-request-method'] !== undefined
    );
  }

  /** A name for this request that client and operator share. */
  get requestId(): string {
    this.#requestId ??= randomUUID();
    return this.#requestId;
  }

  /** What may be told about the request: never a header, a query or a body. */
  get facts(): RequestFacts {
    const keyId = this.#refusal?.keyId ?? this.app?.keyId ?? this.user?.keyId;
    return {
      requestId: this.requestId,
      method: this.method,
      path: this.redactedPath ?? this.path,
      address: this.address.text,
      ...(this.rule && { handler: this.rule.handler }),
      ...(this.user && { subject: this.user.subject }),
      ...(this.app && { appId: this.app.appId }),
      ...(keyId !== undefined && { keyId }),
    };
  }

  /** The path and the query by which the request is routed. */
  get target(): string {
    return requestTarget(this.url);
  }

  /** The path by which the request is routed. */
  get path(): string {
    return pathIn(this.target);
  }

  /** Does something at most once for this request, however many guards ask for it. */
  once<T>(what: string, act: () => T): T {
    this.#done ??= new Map();
    if (!this.#done.has(what)) this.#done.set(what, act());
    return this.#done.get(what) as T;
  }

  /** Adds a value to a header of the answer, whoever gives it. */
  addHeader(name: string, value: string): void {
    if (this.response === undefined || this.response.headersSent) return;
    const existing = this.response.getHeader(name);
    this.response.setHeader(name, existing === undefined ? value : `${existing}, ${value}`);
  }

  /**
   * The access token (RFC 6750 section 2.1); undefined where there is none, or another scheme.
   *
   * @throws PortcullisError `invalid_request` when a token comes twice, or in the URL
   */
  bearerToken(): string | undefined {
    const authorization = this.#single('authorization', 'token');
    const token = tokenIn(authorization);
    if (this.#hasInQuery('access_token')) {
      throw invalidRequest('token', 'an access token was sent in the URL');
    }
    if (token !== undefined && this.#hasTokenInForm()) {
      throw invalidRequest('token', 'an access token was sent in the header and in the body');
    }
    return token;
  }

  get userAgent(): string {
    return this.#headers['user-agent'] ?? '';
  }

  /** Everything that was sent to prove an identity, with nothing checked: for telling one from another only. */
  uncheckedCredentials(keyHeader: string): string {
    const { authorization = '', [keyHeader.toLowerCase()]: key = '' } = this.#headers;
    return JSON.stringify([authorization, key, this.redactedPath === undefined ? '' : this.url]);
  }

  /** The bearer token as Node has it, with nothing checked: for looking at what a refused caller sent. */
  get uncheckedToken(): string | undefined {
    return tokenIn(this.#headers.authorization);
  }

  /**
   * The API key in the named header.
   *
   * @throws PortcullisError `invalid_request` when the header comes twice, or a key in the URL
   */
  apiKey(header: string): string | undefined {
    const name = header.toLowerCase();
    if (this.#hasInQuery(name, ...KEY_PARAMETERS)) {
      throw invalidRequest('api-key', 'an API key was sent in the URL');
    }
    return this.#single(name, 'api-key');
  }

  /** Node keeps the first of two `Authorization` headers and joins the others: only the raw list tells. */
  #single(name: string, kind: CredentialKind): string | undefined {
    const value = this.#headers[name];
    if (value === undefined) return undefined;
    let count = 0;
    for (let index = 0; index < this.#rawHeaders.length; index += 2) {
      const rawName = this.#rawHeaders[index] as string;
      if (rawName.length === name.length && rawName.toLowerCase() === name) count++;
    }
    if (count > 1) throw invalidRequest(kind, `the header ${name} was sent ${count} times`);
    return String(value);
  }

  #hasInQuery(...names: string[]): boolean {
    const start = this.url.indexOf('?');
    if (start === -1) return false;
    const query = this.url.slice(start + 1).toLowerCase();
    const mentioned = names.filter((name) => query.includes(name));
    if (mentioned.length === 0) return false;
    const sent = new URLSearchParams(query);
    return mentioned.some((name) => sent.has(name));
  }

  /** Section 2.2: a form may be a second way for a token. Only the framework's own request has the parsed body. */
  #hasTokenInForm(): boolean {
    const contentType = this.#headers['content-type']?.toLowerCase() ?? '';
    if (!contentType.startsWith('application/x-www-form-urlencoded')) return false;
    const body = this.framework?.body;
    return typeof body === 'object' && body !== null && 'access_token' in body;
  }
}

function tokenIn(authorization = ''): string | undefined {
  const scheme = BEARER.exec(authorization);
  return scheme === null ? undefined : authorization.slice(scheme[0].length);
}

/** Node's own request, of which Fastify's is a wrapper. */
export function rawRequestOf(request: FrameworkRequest): IncomingMessage {
  return isRaw(request) ? request : request.raw;
}

/** By what only Node's own request has: anybody may hang a property named `raw` on Express's. */
function isRaw(request: FrameworkRequest): request is IncomingMessage {
  return 'rawHeaders' in request;
}

function invalidRequest(kind: CredentialKind, reason: string): PortcullisError {
  return new PortcullisError('invalid_request', reason, { challenge: [kind] });
}
