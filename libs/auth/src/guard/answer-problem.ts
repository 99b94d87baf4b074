import type { ArgumentsHost } from '@nestjs/common';
import type { PortcullisError } from '../errors.js';
import { RequestContext } from '../request/request-context.js';
import { isFrameworkRequest } from '../request/request-head.js';
import { HttpContext } from './http-context.js';
import type { Problem } from './problem-details.js';

/**
 * Answers a refusal as Portcullis does, with its problem details and headers, on Express and on Fastify: for an app's own exception
 * filters, however they are made and registered.
 *
 * @param host what the filter is given
 * @throws Error where the request did not come to an app that has Portcullis, or it is none of HTTP
 */
export function answerProblem(error: PortcullisError, host: ArgumentsHost): void {
  httpOf(host).http.refuse(error, host);
}

/**
 * What {@link answerProblem} would send, for a filter that answers by itself. The refusal counts from now on.
 *
 * @throws Error where the request did not come to an app that has Portcullis, or it is none of HTTP
 */
export function problemOf(error: PortcullisError, host: ArgumentsHost): Problem {
  const { http, context } = httpOf(host);
  return http.problemOf(error, context);
}

function httpOf(host: ArgumentsHost): { http: HttpContext; context: RequestContext } {
  const request: unknown = host.getArgByIndex(0);
  const context = isFrameworkRequest(request) ? RequestContext.of(request) : undefined;
  const http = context && HttpContext.of(context);
  if (context === undefined || http === undefined)
    throw new Error('This is no request of HTTP that came to an app with Portcullis');
  return { http, context };
}
