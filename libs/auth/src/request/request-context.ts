import { randomUUID } from 'node:crypto';
import type { PortcullisError } from '../errors.js';
import type { RequestFacts } from '../events/security-event.js';
import type { AppIdentity, Identity, UserIdentity } from '../identity/identity.js';
import type { ClientIp } from '../net/client-ip.js';
import { ArrivedRequest } from './arrived-request.js';
import type { HandlerFacts } from './handler-facts.js';
import { factsOf } from './request-facts.js';
import { type FrameworkRequest, headOf, type RequestHead } from './request-head.js';
import { addHeader, type ResponseHead } from './response-head.js';
import { forbidCaching } from './uncached-answer.js';

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
}

/** Whoever begins requests, and hears that one is refused, before anything is answered. */
export interface RequestOwner {
  onRefusal(context: RequestContext, refusal: PortcullisError): void;
}

/**
 * One request, from its arrival to its answer, as Portcullis sees it: what everybody else asks instead of reading the head of a
 * request, and the only thing we hang on one.
 */
export class RequestContext extends ArrivedRequest {
  /** Whether it is known who it is from: set by the guard that lets it in, and by whoever else has looked at its credentials for one. */
  isDecided = false;

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
  };
  #requestId: string | undefined;
  #facts: RequestFacts | undefined;

  private constructor(
    head: RequestHead,
    clientIp: ClientIp,
    private readonly response: ResponseHead | undefined,
    /** Whoever has begun it, for what is to be found by the request alone. */
    readonly owner: RequestOwner | undefined,
  ) {
    super(head, clientIp);
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
    if (state.app === undefined && state.user === undefined) forbidCaching(this.response);
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

  /**
   * Hangs the proven user on the framework's request, unless something else is there: `null` is what Fastify's plugins declare the property
   * with. Where it can't be set the request goes on without.
   */
  exposeUser(property: string): void {
    const framework = this.framework as Record<string, unknown> | undefined;
    const { user } = this;
    if (framework === undefined || user === undefined || (framework[property] ?? null) !== null) return;
    try {
      // Not by Reflect.set, which V8 takes far longer for.
      framework[property] = user;
    } catch {}
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

  /** Adds a value to a header of the answer, whoever gives it. */
  addHeader(name: string, value: string): void {
    addHeader(this.response, name, value);
  }
}
