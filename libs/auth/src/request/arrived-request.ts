import type { X509Certificate } from 'node:crypto';
import { type IncomingHttpHeaders, METHODS } from 'node:http';
import type { ClientIp } from '../net/client-ip.js';
import type { IpAddress } from '../net/ip-address.js';
import { keptHeaders } from './kept-headers.js';
import { fieldIn, hasBody, rawBodyOf } from './request-body.js';
import { type FrameworkRequest, isCutOff, type RequestHead } from './request-head.js';
import { headersAmong } from './request-headers.js';
import { isInQuery, pathIn, requestTarget, routePatternOf } from './request-target.js';
import { withoutControls } from './without-controls.js';

/** Those that need no look at each of their letters. */
const USUAL_METHODS: ReadonlySet<string> = new Set(METHODS);

/** What came: the head of a request, where it is from, and its body, once the framework has read it. */
export abstract class ArrivedRequest {
  /** As the client sent it. */
  readonly method: string;
  /** As the client sent it; it may hold a secret. Express changes that of the request on the way through its routers. */
  readonly url: string;

  readonly #headers: IncomingHttpHeaders;
  readonly #rawHeaders: readonly string[];
  #keptHeaders: readonly string[] | undefined;
  #address: IpAddress | undefined;
  #framework: FrameworkRequest | undefined;

  protected constructor(
    private readonly head: RequestHead,
    private readonly clientIp: ClientIp,
  ) {
    // Read now: every request that Express has had in its hands has a shape of its own, in which V8 has to search for everything.
    const { method = '' } = head;
    this.method = USUAL_METHODS.has(method) ? method : withoutControls(method);
    this.url = withoutControls(head.url ?? '');
    this.#headers = head.headers;
    this.#rawHeaders = head.rawHeaders;
  }

  /** To be called with the request as the framework hands it to guards, once it does: only that one has a parsed body. */
  handOver(framework: FrameworkRequest): void {
    this.#framework = framework;
  }

  /** The request as the framework hands it to guards, once it has. */
  protected get framework(): FrameworkRequest | undefined {
    return this.#framework;
  }

  /** The path of its route with parameters and wildcards in it, as the framework writes it. */
  get routePattern(): string | undefined {
    return routePatternOf(this.#framework);
  }

  /** Whether headers of it may be missing, so that nothing can be told from those that are there. */
  get isCutOff(): boolean {
    return isCutOff(this.head);
  }

  /** Whether the request before it over its connection was of the same client, with the same headers. */
  get isRepeated(): boolean {
    return this.keptHeaders !== this.#rawHeaders;
  }

  /** Its headers, or those of the request that they repeat: what is found out of them can be kept by it. */
  get keptHeaders(): readonly string[] {
    this.#keptHeaders ??= keptHeaders(this.head.socket, this.address, this.#rawHeaders);
    return this.#keptHeaders;
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

  /** Which of some headers were sent with a value as wanted. @param names in lower case */
  headersAmong(names: ReadonlySet<string>, isWanted: (value: string) => boolean): readonly string[] {
    return headersAmong(this.#headers, names, isWanted);
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

  /** Whether the body is a form, as its client says. */
  get hasForm(): boolean {
    const contentType = this.#headers['content-type']?.toLowerCase() ?? '';
    return contentType.startsWith('application/x-www-form-urlencoded');
  }

  /** Whether the body is a form that has this field, as far as the framework has read it. */
  hasInForm(name: string): boolean {
    if (!this.hasForm) return false;
    const body = this.#framework?.body;
    return typeof body === 'object' && body !== null && name in body;
  }

  /** The body, where the framework has read one. */
  get body(): unknown {
    return this.#framework?.body;
  }

  /** A field of the body as a text, where the framework has read one: a list of one is taken for what is in it, as many apps do. */
  fieldOf(name: string): string | undefined {
    return fieldIn(this.#framework?.body, name);
  }

  /** Whether a body comes with it, whoever reads it. */
  get hasBody(): boolean {
    return hasBody(this.head, this.#framework);
  }

  /** The bytes of its body as they came, where the framework has read and kept them (Nest's `rawBody: true`). */
  get rawBody(): Buffer | undefined {
    return rawBodyOf(this.#framework);
  }
}
