import { type ArgumentsHost, Catch, type ExceptionFilter, Injectable } from '@nestjs/common';
import { throwError } from 'rxjs';
import { PortcullisError } from '../errors.js';
import { ContextAdapters } from '../request/context-adapter.js';
import { HandlerRefusals } from './handler-refusals.js';
import { messageOf, sendException } from './message-errors.js';

/**
 * Answers every refusal of a guard, an interceptor or a handler in the way of its context. In an app it is there by itself; message
 * handlers and gateways, which inherit no filter of the app, may use it by `@UseFilters(ProblemFilter)`.
 */
@Catch(PortcullisError)
@Injectable()
export class ProblemFilter implements ExceptionFilter<PortcullisError> {
  constructor(
    private readonly contexts: ContextAdapters,
    private readonly refusals: HandlerRefusals,
  ) {}

  catch(error: PortcullisError, host: ArgumentsHost): unknown {
    const adapter = this.contexts.of(host);
    if (adapter !== undefined) return adapter.refuse(error, host);
    this.refusals.report(error, host);
    switch (host.getType<string>()) {
      case 'rpc':
        return throwError(() => messageOf(error));
      case 'ws':
        return sendException(host, messageOf(error));
      default:
        // Elsewhere the library reports the error in its own way.
        throw error;
    }
  }
}
