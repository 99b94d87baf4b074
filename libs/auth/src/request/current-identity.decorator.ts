import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Actor, RequestFacts } from '../events/security-event.js';
import type { AppIdentity, UserIdentity } from '../identity/identity.js';
import { RequestContext } from './request-context.js';
import type { FrameworkRequest } from './request-head.js';

/** The proven user of this request; undefined where the route lets someone in without one. */
export const CurrentUser = createParamDecorator(
  (_: unknown, host: ExecutionContext): UserIdentity | undefined => {
    return requestContextOf(host)?.user;
  },
);

/** The proven application of this request; undefined where the route lets someone in without one. */
export const CurrentApp = createParamDecorator(
  (_: unknown, host: ExecutionContext): AppIdentity | undefined => {
    return requestContextOf(host)?.app;
  },
);

/** Who changes something by this request, for the record. */
export const CurrentActor = createParamDecorator((_: unknown, host: ExecutionContext): Actor => {
  const context = requestContextOf(host);
  if (context?.user === undefined) return {};
  const { user, address, requestId } = context;
  return { actor: user.subject, address: address.text, requestId };
});

/** What events may say about this request. */
export const CurrentRequest = createParamDecorator(
  (_: unknown, host: ExecutionContext): RequestFacts | undefined => {
    return requestContextOf(host)?.facts;
  },
);

function requestContextOf(host: ExecutionContext): RequestContext | undefined {
  return RequestContext.of(host.switchToHttp().getRequest<FrameworkRequest>());
}
