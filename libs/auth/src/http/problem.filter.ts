import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { throwError } from 'rxjs';
import { PortcullisError } from '../errors.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import { Exchanges } from './exchanges.js';
import { answer } from './platform.js';
import { problemOf } from './problem.js';

/** Answers every refusal of a guard, an interceptor or a handler as problem details. */
@Catch(PortcullisError)
export class ProblemFilter implements ExceptionFilter<PortcullisError> {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly exchanges: Exchanges,
    @Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  catch(error: PortcullisError, host: ArgumentsHost): unknown {
    // Elsewhere than in HTTP there is no status and no header; the transport reports the error in its own way.
    switch (host.getType<string>()) {
      case 'http':
        return this.#answer(error, host);
      case 'rpc':
      case 'ws':
        return throwError(() => error);
      default:
        throw error;
    }
  }

  #answer(error: PortcullisError, host: ArgumentsHost): void {
    const exchange = this.exchanges.of(host);
    exchange.refuse(error);
    const problem = problemOf(error, exchange.requestId, this.options);
    answer(this.host.httpAdapter, host.switchToHttp().getResponse(), problem);
  }
}
