import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { demandingAlso } from '../access/access-rule.js';
import type { MaybePromise } from '../async/maybe-promise.js';
import { Gatekeeper } from './gatekeeper.js';

/**
 * Demands an application where it is placed by `@UseGuards(ApiKeyGuard)`, besides whatever the handler's
 * decorators demand. For teams that run without the global guard.
 */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(private readonly gatekeeper: Gatekeeper) {}

  canActivate(context: ExecutionContext): MaybePromise<boolean> {
    return this.gatekeeper.admit(context, (rule) => demandingAlso(rule, 'app'));
  }
}
