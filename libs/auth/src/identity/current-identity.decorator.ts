import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Actor, RequestFacts } from '../events/security-events.js';
import { Exchange, type FrameworkRequest } from './exchange.js';
import type { AppIdentity, UserIdentity } from './identity.js';

/** The proven user of this request; undefined where the route lets someone in without one. */
export const CurrentUser = createParamDecorator(
  (_: unknown, context: ExecutionContext): UserIdentity | undefined => {
    return exchangeOf(context)?.user;
  },
);

/** The proven application of this request; undefined where the route lets someone in without one. */
export const CurrentApp = createParamDecorator(
  (_: unknown, context: ExecutionContext): AppIdentity | undefined => {
    return exchangeOf(context)?.app;
  },
);

/** Who changes something by this request, for the record. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const exchange = exchangeOf(context);
  if (exchange?.user === undefined) return {};
  const { user, address, requestId } = exchange;
  return { actor: user.subject, address: address.text, requestId };
});

/** What may be told of this request, for events. */
export const CurrentRequest = createParamDecorator(
  (_: unknown, context: ExecutionContext): RequestFacts | undefined => {
    return exchangeOf(context)?.facts;
  },
);

function exchangeOf(context: ExecutionContext): Exchange | undefined {
  return Exchange.of(context.switchToHttp().getRequest<FrameworkRequest>());
}
