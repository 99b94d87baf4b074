import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { MaybePromise } from '../async/maybe-promise.js';
import { Gatekeeper } from './gatekeeper.js';
import { HandlerRequests } from './handler-requests.js';

/** The one global guard: applies to each handler the rule that its decorators declare. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly gatekeeper: Gatekeeper,
    private readonly requests: HandlerRequests,
  ) {}

  canActivate(context: ExecutionContext): MaybePromise<boolean> {
    return this.requests.isUnguarded(context) || this.gatekeeper.admit(context);
  }
}
