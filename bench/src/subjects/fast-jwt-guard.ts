import { type CanActivate, type ExecutionContext, UnauthorizedException, UseGuards } from '@nestjs/common';
import { createVerifier } from 'fast-jwt';
import { AUDIENCE, ISSUER } from '../credentials/claims.js';
import { bearerTokenOf, requestOf } from './bearer.js';
import { controllersWith, rootModule } from './routes.js';
import type { Subject, SubjectMaker } from './subject.js';

/** As many as Portcullis remembers by default. */
const REMEMBERED_TOKENS = 10_000;

/** The guard of Nest's documentation, with `fast-jwt` and its cache in place of `@nestjs/jwt`. */
export const fastJwtGuard: SubjectMaker = ({ algorithm, publicKeys, routes }): Subject => {
  const verify = createVerifier({
    key: publicKeys[algorithm],
    algorithms: [algorithm],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    cache: REMEMBERED_TOKENS,
  });

  class FastJwtGuard implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      const request = requestOf(context);
      const token = bearerTokenOf(request);
      try {
        request.user = verify(token);
      } catch {
        throw new UnauthorizedException();
      }
      return true;
    }
  }

  return { module: rootModule({ controllers: controllersWith(routes, [UseGuards(FastJwtGuard)]) }) };
};
