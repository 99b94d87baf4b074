import type { Type } from '@nestjs/common';
import { OwnRoutesGuard } from '../routes/own-routes.guard.js';
import { AccessGuard } from './access.guard.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { JwtGuard } from './jwt.guard.js';

/** Any of these applies everything that a handler's decorators demand. */
const GUARDS: readonly Type[] = [AccessGuard, JwtGuard, ApiKeyGuard, OwnRoutesGuard];

/** @param guard what `@UseGuards` and the like were given: a class, or an instance */
export function isOwnGuard(guard: unknown): boolean {
  return GUARDS.some(
    (own) =>
      guard === own ||
      guard instanceof own ||
      (typeof guard === 'function' && guard.prototype instanceof own),
  );
}
