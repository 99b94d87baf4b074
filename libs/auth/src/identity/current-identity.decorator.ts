import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
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

function exchangeOf(context: ExecutionContext): Exchange | undefined {
  return Exchange.of(context.switchToHttp().getRequest<FrameworkRequest>());
}
