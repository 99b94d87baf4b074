import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ArgumentsHost, Inject, Injectable } from '@nestjs/common';
import { ClientIp } from '../bans/client-ip.js';
import { StrikeJudge } from '../bans/strike-judge.js';
import { SecurityEvents } from '../events/security-events.js';
import { Exchange, type FrameworkRequest, rawRequestOf } from '../identity/exchange.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';

type FrameworkResponse = ServerResponse | { readonly raw: ServerResponse };

/** Begins the exchange of each request, and settles it once, when the response is over. */
@Injectable()
export class Exchanges {
  constructor(
    @Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions,
    private readonly clientIp: ClientIp,
    private readonly judge: StrikeJudge,
    private readonly events: SecurityEvents,
  ) {}

  /** The exchange of a request that has just arrived. Whoever begins it sees to it that it is settled. */
  begin(request: IncomingMessage, response?: ServerResponse): Exchange {
    return Exchange.begin(request, this.clientIp, response);
  }

  /** Settles the exchange when its response is over. */
  settleAtTheEnd(exchange: Exchange, response: ServerResponse): void {
    // 'close' comes exactly once for every response, also for one whose client has gone away. Going away
    // early does not help: the refusal that would have been the answer is settled when it comes.
    response.on('close', () => {
      if (exchange.refusal !== undefined || response.writableEnded)
        this.settle(exchange, response.statusCode);
      else exchange.onLateRefusal = () => this.settle(exchange, response.statusCode);
    });
  }

  /** The exchange that a guard, an interceptor or a filter works on. */
  of(host: ArgumentsHost): Exchange {
    // `switchToHttp()` would make an object and three functions for each request.
    return this.ofRequest(host.getArgByIndex(0), host.getArgByIndex(1));
  }

  /** The exchange of a framework's request; without its response a new one is never settled. */
  ofRequest(request: FrameworkRequest, response?: FrameworkResponse): Exchange {
    const exchange = Exchange.of(request) ?? this.#beginLate(rawRequestOf(request), response);
    exchange.framework = request;
    return exchange;
  }

  /** For a request that came in by another way than the entrance. */
  #beginLate(request: IncomingMessage, response?: FrameworkResponse): Exchange {
    const raw = response === undefined || 'writeHead' in response ? response : response.raw;
    const exchange = this.begin(request, raw);
    if (raw !== undefined) this.settleAtTheEnd(exchange, raw);
    return exchange;
  }

  /** Tells what came of the request, and judges it. Once for each exchange. */
  settle(exchange: Exchange, statusCode: number): void {
    const { refusal } = exchange;
    const status = refusal?.getStatus() ?? statusCode;
    if (refusal !== undefined) {
      const { code, reason } = refusal;
      this.events.emit({ type: 'request.refused', request: exchange.facts, code, status, reason });
    } else if (this.options.events.accepted && (exchange.user ?? exchange.app) !== undefined) {
      this.events.emit({ type: 'request.accepted', request: exchange.facts });
    }
    this.judge.judge(exchange, status);
  }
}
