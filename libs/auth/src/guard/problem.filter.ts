import { type ArgumentsHost, Catch, type ExceptionFilter, Injectable } from '@nestjs/common';
import { throwError } from 'rxjs';
import { PortcullisError } from '../errors.js';
import { ContextAdapters } from '../request/context-adapter.js';

/** Answers every refusal of a guard, an interceptor or a handler in the way of its context. */
@Catch(PortcullisError)
@Injectable()
export class ProblemFilter implements ExceptionFilter<PortcullisError> {
  constructor(private readonly contexts: ContextAdapters) {}

  catch(error: PortcullisError, host: ArgumentsHost): unknown {
    const adapter = this.contexts.find(host.getType<string>());
    if (adapter !== undefined) return adapter.refuse(error, host);
    // Elsewhere the transport reports the error in its own way.
    switch (host.getType<string>()) {
      case 'rpc':
      case 'ws':
        return throwError(() => error);
      default:
        throw error;
    }
  }
}
