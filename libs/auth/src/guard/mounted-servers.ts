import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { MaybePromise } from '../async/maybe-promise.js';
import { BanCheck } from '../bans/ban-check.js';
import { PortcullisError } from '../errors.js';
import { Log } from '../log.js';
import { isOfConnection } from '../request/connection-errors.js';
import type { RequestContext } from '../request/request-context.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { HttpContext } from './http-context.js';
import { type Problem, ProblemDetails } from './problem-details.js';

/** A server within the app, which answers some requests ahead of the framework: no prefix, middleware or body parser of the app meets them. */
export interface MountedServer {
  /**
   * What answers a path, for events and messages: `OAuthServer.token`.
   *
   * @returns undefined for a path that is left to the framework
   */
  handlerAt(path: string): string | undefined;
  /** Answers a request whose address is welcome. A refusal that it throws is answered as any other, and whatever else becomes a 500. */
  answer(request: RequestContext, raw: IncomingMessage, response: ServerResponse): MaybePromise<void>;
}

/** The servers that modules besides the core have mounted. */
@Injectable()
export class MountedServers {
  readonly #logger = new Log();
  readonly #servers: MountedServer[] = [];

  constructor(
    private readonly lifecycle: RequestLifecycle,
    private readonly problems: ProblemDetails,
    private readonly banCheck: BanCheck,
  ) {}

  /** To be called while the app boots. */
  mount(server: MountedServer): void {
    this.#servers.push(server);
  }

  /** @returns whether one of them takes the path, and so answers the request */
  answers(request: RequestContext, raw: IncomingMessage, response: ServerResponse): boolean {
    for (const server of this.#servers) {
      const handler = server.handlerAt(request.path);
      if (handler === undefined) continue;
      request.meet({ handler, traits: { foreignQuery: true } });
      this.#decideWithTheHead(request, response);
      this.lifecycle.settleAtTheEnd(request, response);
      void this.#answer(server, request, raw, response);
      return true;
    }
    return false;
  }

  async #answer(
    server: MountedServer,
    request: RequestContext,
    raw: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    try {
      await server.answer(request, raw, response);
    } catch (error) {
      if (error instanceof PortcullisError && !response.headersSent) {
        this.#refuse(error, request, response);
        return;
      }
      if (!isOfConnection(error as Error, raw)) this.#logger.error('A mounted server failed', error);
      if (!response.headersSent) response.writeHead(500, { 'Cache-Control': 'no-store' });
      response.end();
    }
  }

  #refuse(error: PortcullisError, request: RequestContext, response: ServerResponse): void {
    noteRefusal(error, request);
    const { status, headers, body } = this.problems.of(request.refusal ?? error, request.requestId);
    response.writeHead(status, headers);
    response.end(body);
  }

  /**
   * As what a framework answers, it counts before it goes out. Bodies may come long after their heads, and many at once: whoever was banned
   * meanwhile is told nothing of what came of them.
   */
  #decideWithTheHead(request: RequestContext, response: ServerResponse): void {
    const writeHead = response.writeHead.bind(response) as (...head: unknown[]) => ServerResponse;
    const write = response.write.bind(response) as (...chunk: unknown[]) => boolean;
    const end = response.end.bind(response) as (...rest: unknown[]) => ServerResponse;
    let instead: string | undefined;
    const refuseBanned = () => {
      const problem = this.#problemOfBanned(request);
      if (problem === undefined) return;
      for (const name of response.getHeaderNames()) response.removeHeader(name);
      writeHead(problem.status, problem.headers);
      instead = problem.body;
    };
    response.writeHead = (status: number, ...rest: unknown[]) => {
      refuseBanned();
      if (instead !== undefined) return response;
      this.lifecycle.settle(request, status);
      return writeHead(status, ...rest);
    };
    response.write = (...chunk: unknown[]) => {
      if (!response.headersSent) refuseBanned();
      return instead !== undefined || write(...chunk);
    };
    response.end = (...rest: unknown[]) => {
      if (!response.headersSent) refuseBanned();
      return instead === undefined ? end(...rest) : end(instead);
    };
  }

  #problemOfBanned(request: RequestContext): Problem | undefined {
    if (request.refusal === undefined) {
      const banned = this.banCheck.verdictOn(request);
      if (banned !== undefined) request.refuse(banned);
    }
    const { refusal } = request;
    return refusal?.code === 'address_banned' ? this.problems.of(refusal, request.requestId) : undefined;
  }
}

/** Notes what a mounted server refuses with, which counts from now on; whoever was banned meanwhile is refused for that. */
export function noteRefusal(error: PortcullisError, request: RequestContext): void {
  HttpContext.of(request)?.note(error, request);
}
