import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { type ArgumentsHost, Inject, Injectable } from '@nestjs/common';
import { RepeatedNotice } from '../async/repeated-notice.js';
import { type PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import { Log } from '../log.js';
import { ClientIp } from '../net/client-ip.js';
import { RequestContext, type RequestOwner } from './request-context.js';
import { REQUEST_ACCEPTED, REQUEST_REFUSED } from './request-events.js';
import { type FrameworkRequest, headOf, type RequestHead } from './request-head.js';
import { REQUEST_SETTINGS, type RequestSettings } from './request-settings.js';
import type { ResponseHead } from './response-head.js';

type FrameworkResponse = ServerResponse | { readonly raw: ServerResponse };

/** @param status of the answer; where it was refused, that of the refusal */
export type SettlementListener = (request: RequestContext, status: number) => unknown;

/**
 * Begins the context of each request, and settles it once, when its answer is decided: a refusal of ours before anything is answered,
 * what others answer when its head is written. Whoever waited until a response is over would let a burst through that came meanwhile.
 */
@Injectable()
export class RequestLifecycle implements RequestOwner {
  readonly #logger = new Log();
  readonly #outage = new RepeatedNotice('Requests are answered 503');
  readonly #listeners = new Set<SettlementListener>();
  readonly #leaveListeners = new Set<(request: RequestContext) => void>();
  /** Those whose client has gone before there was an answer. */
  readonly #awaited = new WeakSet<RequestContext>();

  constructor(
    @Inject(REQUEST_SETTINGS) private readonly settings: RequestSettings,
    private readonly clientIp: ClientIp,
    private readonly events: SecurityEvents,
  ) {}

  /** The context of a request that has just arrived. Whoever begins it sees to it that it is settled. */
  begin(head: RequestHead, response?: ResponseHead): RequestContext {
    return RequestContext.begin(head, this.clientIp, response, this);
  }

  /** A refusal counts from the moment that it is noted. */
  onRefusal(context: RequestContext, refusal: PortcullisError): void {
    this.settle(context, refusal.getStatus());
  }

  /**
   * Settles the context when its response is over, if nobody has said before what the answer is. Going away early does not help: what would
   * have been the answer is settled when it comes, whoever gives it.
   */
  settleAtTheEnd(context: RequestContext, response: ServerResponse): void {
    const end = () => this.#end(context, response);
    response.on('close', end);
    // Adapters for functions give no 'close'. A listener on each request is one of the dearer things that a guard can do.
    if (!isOfConnection(response)) response.on('finish', end);
  }

  /** The context that a guard, an interceptor or a filter of HTTP works on. */
  of(host: ArgumentsHost): RequestContext {
    // `switchToHttp()` would make an object and three functions for each request.
    return this.ofRequest(host.getArgByIndex(0), host.getArgByIndex(1));
  }

  /** The context of a framework's request; without its response a new one is never settled. */
  ofRequest(request: FrameworkRequest, response?: FrameworkResponse): RequestContext {
    const context =
      RequestContext.of(request) ?? this.#beginLate(headOf(request) as IncomingMessage, response);
    context.handOver(request);
    return context;
  }

  /**
   * Calls the listener with every request whose answer is decided.
   *
   * @returns a function that ends the subscription
   */
  onSettled(listener: SettlementListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls the listener with every request whose client has gone before there was an answer. It may never be settled. */
  onLeft(listener: (request: RequestContext) => void): void {
    this.#leaveListeners.add(listener);
  }

  /** Reports what came of the request, once. */
  settle(context: RequestContext, statusCode: number): void {
    if (!context.finish()) return;
    const { refusal } = context;
    const status = refusal?.getStatus() ?? statusCode;
    if (refusal !== undefined) {
      const { code, reason } = refusal;
      if (code === TEMPORARILY_UNAVAILABLE.code) this.#outage.log(refusal);
      this.events.emit(REQUEST_REFUSED, { request: context.facts, code, status, reason });
    } else if (this.settings.events.accepted && (context.user ?? context.app) !== undefined) {
      this.events.emit(REQUEST_ACCEPTED, { request: context.facts });
    }
    for (const listener of this.#listeners) this.#call(listener, context, status);
  }

  #end(context: RequestContext, response: ServerResponse): void {
    if (context.isSettled || this.#awaited.has(context)) return;
    // Whoever streams may never come to an end; what is in the head was said.
    if (response.writableEnded || response.headersSent) {
      this.settle(context, response.statusCode);
      return;
    }
    this.#awaited.add(context);
    whenEnded(response, () => this.settle(context, response.statusCode));
    for (const listener of this.#leaveListeners) listener(context);
  }

  /** The answer is decided: whoever fails here must not end the process. */
  #call(listener: SettlementListener, context: RequestContext, status: number): void {
    try {
      const result = listener(context, status);
      if (result instanceof Promise) result.catch((error) => this.#report(error));
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    this.#logger.error('A listener failed on a settled request', error);
  }

  /** For a request that came in by another way than the entrance. */
  #beginLate(request: IncomingMessage, response?: FrameworkResponse): RequestContext {
    const raw = response === undefined || 'writeHead' in response ? response : response.raw;
    const context = this.begin(request, raw);
    if (raw !== undefined) this.settleAtTheEnd(context, raw);
    return context;
  }
}

/** Whether Node sends it over a connection that a server has accepted. */
function isOfConnection({ req }: ServerResponse): boolean {
  const socket: unknown = req?.socket;
  return socket instanceof Socket && 'server' in socket && Boolean(socket.server);
}

/** A response whose client has gone emits nothing any more, but the app still ends it when it has an answer. */
function whenEnded(response: ServerResponse, listener: () => void): void {
  const end = response.end.bind(response) as (...parameters: unknown[]) => ServerResponse;
  response.end = (...parameters: unknown[]) => {
    const ended = end(...parameters);
    listener();
    return ended;
  };
}
