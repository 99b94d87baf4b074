import { randomUUID, type X509Certificate } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { PortcullisError } from '../errors.js';
import type { RequestFacts } from '../events/security-event.js';
import type { AppIdentity, Identity, UserIdentity } from '../identity/identity.js';
import type { ClientIp } from '../net/client-ip.js';
import type { IpAddress } from '../net/ip-address.js';
import type { HandlerFacts } from './handler-facts.js';
import { hasBody, rawBodyOf } from './request-body.js';
import { factsOf } from './request-facts.js';
import { type FrameworkRequest, headOf, isCutOff, type RequestHead } from './request-head.js';
import { isInQuery, pathIn, requestTarget, routePatternOf } from './request-target.js';
import { addHeader, type ResponseHead, setHeader } from './response-head.js';
import { withoutControls } from './without-controls.js';

const CONTEXT = Symbol('portcullis.context');

interface Carrier extends RequestHead {
  [CONTEXT]?: RequestContext;
}

/** What becomes known of a request on its way. Each part is written in one place, and never taken back. */
interface RequestState {
  handler: HandlerFacts | undefined;
  app: AppIdentity | undefined;
  user: UserIdentity | undefined;
  /** By the kinds of the schemes that have proven them. */
  appSentAs: string | undefined;
  userSentAs: string | undefined;
  isIdentified: boolean;
  countsForStrikes: boolean;
  isSettled: boolean;
  refusal: PortcullisError | undefined;
  redactedPath: string | undefined;
  framework: FrameworkRequest | undefined;
}

/** Whoever begins requests, and hears that one is refused, before anything is answered. */
export interface RequestOwner {
  onRefusal(context: RequestContext, refusal: PortcullisError): void;
}

/**
 * One request, from its arrival to its answer, as Portcullis sees it: what everybody else asks instead of reading the head of a
 * request, and the only thing we hang on one.
 */
export class RequestContext {
  /** As the client sent it. */
  readonly method: string;
  /** As the client sent it; it may hold a secret. Express changes that of the request on the way through its routers. */
  readonly url: string;

  /** Whether it is known who it is from: set by the guard that lets it in, and by whoever else has looked at its credentials for one. */
  isDecided = false;

  readonly #headers: IncomingHttpHeaders;
  readonly #rawHeaders: readonly string[];
  readonly #state: RequestState = {
    handler: undefined,
    app: undefined,
    user: undefined,
    appSentAs: undefined,
    userSentAs: undefined,
    isIdentified: false,
    countsForStrikes: false,
    isSettled: false,
    refusal: undefined,
    redactedPath: undefined,
    framework: undefined,
  };
  #address: IpAddress | undefined;
  #requestId: string | undefined;
  #facts: RequestFacts | undefined;

  private constructor(
    private readonly head: RequestHead,
    private readonly clientIp: ClientIp,
    private readonly response: ResponseHead | undefined,
    /** Whoever has begun it, for what is to be found by the request alone. */
    readonly owner: RequestOwner | undefined,
  ) {
    // Read now: every request that Express has had in its hands has a shape of its own, in which V8 has to search for everything.
    this.method = withoutControls(head.method ?? '');
    this.url = withoutControls(head.url ?? '');
    this.#headers = head.headers;
    this.#rawHeaders = head.rawHeaders;
  }

  /** The context of a request, if it has one. */
  static of(request: FrameworkRequest): RequestContext | undefined {
    return (request as Carrier)[CONTEXT] ?? (headOf(request) as Carrier | undefined)?.[CONTEXT];
  }

  /**
   * Begins the context of a request.
   *
   * @param owner is told once, when the request is refused
   */
  static begin(
    head: RequestHead,
    clientIp: ClientIp,
    response?: ResponseHead,
    owner?: RequestOwner,
  ): RequestContext {
    const context = new RequestContext(head, clientIp, response, owner);
    (head as Carrier)[CONTEXT] = context;
    return context;
  }

  /** The handler that it meets, once that is known. */
  get handler(): HandlerFacts | undefined {
    return this.#state.handler;
  }

  /** To be called when the handler is known. */
  meet(handler: HandlerFacts): void {
    this.#state.handler = handler;
  }

  /** The proven application. */
  get app(): AppIdentity | undefined {
    return this.#state.app;
  }

  /** The proven user. */
  get user(): UserIdentity | undefined {
    return this.#state.user;
  }

  /** Whether every credential of it has been looked at. */
  get isIdentified(): boolean {
    return this.#state.isIdentified;
  }

  /** To be called when every credential of it has been looked at. */
  finishIdentification(): void {
    this.#state.isIdentified = true;
  }

  /**
   * Keeps what a credential proved. From now on no cache may keep the answer (RFC 9111 section 5.2.2.5), unless the handler says otherwise.
   *
   * @param kind the scheme that it was sent by
   */
  hold(identity: Identity, kind: string): void {
    const state = this.#state;
    if (state.app === undefined && state.user === undefined)
      setHeader(this.response, 'Cache-Control', 'no-store');
    if (identity.kind === 'app') {
      state.app = identity;
      state.appSentAs = kind;
    } else {
      state.user = identity;
      state.userSentAs = kind;
    }
  }

  /** The kind of the scheme that an identity was proven by. */
  schemeOf(identity: Identity): string | undefined {
    return identity.kind === 'app' ? this.#state.appSentAs : this.#state.userSentAs;
  }

  /** What the credential of a scheme has proven already. */
  provenBy(kind: string): Identity | undefined {
    const { app, user, appSentAs, userSentAs } = this.#state;
    if (appSentAs === kind) return app;
    return userSentAs === kind ? user : undefined;
  }

  /** Whether the rules for strikes judge it. */
  get countsForStrikes(): boolean {
    return this.#state.countsForStrikes;
  }

  /** To be called where bans are enforced on it: who is never refused is never counted either. */
  countForStrikes(): void {
    this.#state.countsForStrikes = true;
  }

  /** Whether its answer is decided, and was judged. */
  get isSettled(): boolean {
    return this.#state.isSettled;
  }

  /** To be called when its answer is decided. @returns whether it is for the first time */
  finish(): boolean {
    const isFirst = !this.#state.isSettled;
    this.#state.isSettled = true;
    return isFirst;
  }

  /** Why the request was refused, by whichever part of Portcullis refused it first. */
  get refusal(): PortcullisError | undefined {
    return this.#state.refusal;
  }

  /** Notes a refusal, which counts from now on; whoever refuses still has to answer, or to throw. */
  refuse(error: PortcullisError): void {
    if (this.#state.refusal !== undefined) return;
    this.#state.refusal = error;
    this.owner?.onRefusal(this, error);
  }

  /** Whether its path must not be shown, because it holds a secret. */
  get isRedacted(): boolean {
    return this.#state.redactedPath !== undefined;
  }

  /** @param path what is shown in the place of its path */
  redact(path: string): void {
    this.#state.redactedPath = path;
  }

  /** To be called with the request as the framework hands it to guards, once it does: only that one has a parsed body. */
  handOver(framework: FrameworkRequest): void {
    this.#state.framework = framework;
  }

  /** The path of its route with parameters and wildcards in it, as the framework writes it. */
  get routePattern(): string | undefined {
    return routePatternOf(this.#state.framework);
  }

  /** Hangs the proven user on the framework's request, unless something else is there. */
  exposeUser(property: string): void {
    const { framework, user } = this.#state;
    if (framework === undefined || user === undefined) return;
    const carrier = framework as unknown as Record<string, unknown>;
    if (carrier[property] === undefined) carrier[property] = user;
  }

  /** Whether headers of it may be missing, so that nothing can be told from those that are there. */
  get isCutOff(): boolean {
    return isCutOff(this.head);
  }

  /** Where the request really comes from. */
  get address(): IpAddress {
    this.#address ??= this.isCutOff ? this.clientIp.peerOf(this.head) : this.clientIp.of(this.head);
    return this.#address;
  }

  /** Whoever is at the other end of the connection, whatever it says: an address, or `unix`. */
  get peer(): string {
    const { text } = this.clientIp.peerOf(this.head);
    return text === 'unknown' ? 'unix' : text;
  }

  /** Whether its sender names another client, and is not believed. */
  get isForwardedInVain(): boolean {
    return this.clientIp.isIgnored(this.head);
  }

  /** Whether what the client sent was encrypted on its way. */
  get isSecure(): boolean {
    return this.clientIp.isSecure(this.head);
  }

  /** Whether it comes from a proxy whose headers are believed. */
  get isFromProxy(): boolean {
    return this.clientIp.isFromProxy(this.head);
  }

  /** The certificate whose key the other end of the connection has shown to hold, if it has one. */
  get peerCertificate(): X509Certificate | undefined {
    return this.head.socket.getPeerX509Certificate?.();
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

  /** What events may say about the request: never a header, a query or a body. */
  get facts(): RequestFacts {
    // Several events may be about a refusal, after which nothing of it changes.
    if (this.#state.isSettled) this.#facts ??= this.#factsSoFar();
    return this.#facts ?? this.#factsSoFar();
  }

  #factsSoFar(): RequestFacts {
    const { handler, user, app, refusal, redactedPath } = this.#state;
    const { requestId, method, address, path } = this;
    return factsOf({ requestId, method, path: redactedPath ?? path, address, handler, user, app, refusal });
  }

  /** The path and the query by which the request is routed. */
  get target(): string {
    return requestTarget(this.url);
  }

  /** The path by which the request is routed. */
  get path(): string {
    return pathIn(this.target);
  }

  get userAgent(): string {
    return this.#headers['user-agent'] ?? '';
  }

  /**
   * The value of a header as Node has it: of two `Authorization` headers the first, of others all of them joined.
   *
   * @param name in lower case
   */
  header(name: string): string | undefined {
    const value = this.#headers[name];
    return value === undefined ? undefined : String(value);
  }

  /**
   * How many times a header was sent. Over HTTP/2 the fields of a cookie are one (RFC 9113 section 8.2.3).
   *
   * @param name in lower case
   */
  timesSent(name: string): number {
    if (this.#headers[name] === undefined) return 0;
    if (name === 'cookie' && (this.head.httpVersionMajor ?? 1) >= 2) return 1;
    let count = 0;
    for (let index = 0; index < this.#rawHeaders.length; index += 2) {
      const rawName = this.#rawHeaders[index] as string;
      if (rawName.length === name.length && rawName.toLowerCase() === name) count++;
    }
    return count;
  }

  /** Whether the query has one of these parameters. @param names in lower case; the query's own may be in any */
  hasInQuery(...names: string[]): boolean {
    return isInQuery(this.url, names);
  }

  /** Whether the body is a form that has this field, as far as the framework has read it. */
  hasInForm(name: string): boolean {
    const contentType = this.#headers['content-type']?.toLowerCase() ?? '';
    if (!contentType.startsWith('application/x-www-form-urlencoded')) return false;
    const body = this.#state.framework?.body;
    return typeof body === 'object' && body !== null && name in body;
  }

  /** A field of the body as a text, where the framework has read one: a list of one is taken for what is in it, as many apps do. */
  fieldOf(name: string): string | undefined {
    const body = this.#state.framework?.body;
    let value: unknown =
      typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
    while (Array.isArray(value) && value.length === 1) value = value[0];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  }

  /** Whether a body comes with it, whoever reads it. */
  get hasBody(): boolean {
    return hasBody(this.head, this.#state.framework);
  }

  /** The bytes of its body as they came, where the framework has read and kept them (Nest's `rawBody: true`). */
  get rawBody(): Buffer | undefined {
    return rawBodyOf(this.#state.framework);
  }

  /** Adds a value to a header of the answer, whoever gives it. */
  addHeader(name: string, value: string): void {
    addHeader(this.response, name, value);
  }
}
