import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { MaybePromise } from '../async/maybe-promise.js';
import { Gatekeeper } from './gatekeeper.js';

/** Applies to each handler the rule that its decorators declare. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly gatekeeper: Gatekeeper) {}

  canActivate(context: ExecutionContext): MaybePromise<boolean> {
    return this.gatekeeper.admit(context);
  }
}
