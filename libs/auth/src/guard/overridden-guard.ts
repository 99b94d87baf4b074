import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { isObservable, lastValueFrom } from 'rxjs';
import type { HandlerRequests } from './handler-requests.js';

/** What a test of an app has put in the place of `AccessGuard`: whom it lets in was decided by a guard, and is nobody we know. */
export class OverriddenGuard implements CanActivate {
  constructor(
    private readonly guard: CanActivate,
    private readonly requests: HandlerRequests,
  ) {}

  async canActivate(host: ExecutionContext): Promise<boolean> {
    const result = this.guard.canActivate(host);
    const isAllowed = await (isObservable(result) ? lastValueFrom(result) : result);
    if (isAllowed && this.requests.knows(host))
      this.requests.of(host, this.requests.adapterOf(host), this.requests.ruleOf(host)).isDecided = true;
    return isAllowed;
  }
}
