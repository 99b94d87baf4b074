import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { throwError } from 'rxjs';
import { PortcullisError } from '../errors.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { answer } from './platforms.js';
import { problemOf } from './problem-details.js';

/** Answers every refusal of a guard, an interceptor or a handler as problem details. */
@Catch(PortcullisError)
export class ProblemFilter implements ExceptionFilter<PortcullisError> {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly lifecycle: RequestLifecycle,
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
    const context = this.lifecycle.of(host);
    context.refuse(error);
    const problem = problemOf(error, context.requestId, this.options);
    answer(this.host.httpAdapter, host.switchToHttp().getResponse(), problem);
  }
}
