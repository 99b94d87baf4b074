import { type CanActivate, type ExecutionContext, UseGuards } from '@nestjs/common';
import { bearerTokenOf, requestOf } from './bearer.js';
import { controllersWith, rootModule } from './routes.js';
import type { Subject, SubjectMaker } from './subject.js';

/** A guard that takes every token for good: what Nest itself charges for guarding a route, and for refusing one. */
export const plainGuard: SubjectMaker = ({ routes }): Subject => {
  class PlainGuard implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      return bearerTokenOf(requestOf(context)) !== '';
    }
  }

  return { module: rootModule({ controllers: controllersWith(routes, [UseGuards(PlainGuard)]) }) };
};
