import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { MaybePromise } from '../async/maybe-promise.js';
import type { AccessGuard } from './access.guard.js';
import type { HandlerRequests } from './handler-requests.js';

/** The one global guard. Unlike one that somebody has placed, it leaves alone what the app has left to guards of its own. */
export class GlobalGuard implements CanActivate {
  constructor(
    private readonly guard: AccessGuard,
    private readonly requests: HandlerRequests,
  ) {}

  canActivate(context: ExecutionContext): MaybePromise<boolean> {
    return this.requests.isUnguarded(context) || this.guard.canActivate(context);
  }
}
