import { createPublicKey, createSecretKey } from 'node:crypto';
import { type CanActivate, type ExecutionContext, UnauthorizedException, UseGuards } from '@nestjs/common';
import { jwtVerify } from 'jose';
import { AUDIENCE, ISSUER } from '../credentials/claims.js';
import { bearerTokenOf, requestOf } from './bearer.js';
import { controllersWith, rootModule } from './routes.js';
import type { Subject, SubjectMaker } from './subject.js';

/** The guard of Nest's documentation, with `jose` in place of `@nestjs/jwt`. */
export const joseGuard: SubjectMaker = ({ algorithm, publicKeys, routes }): Subject => {
  const text = publicKeys[algorithm];
  const key = algorithm === 'HS256' ? createSecretKey(Buffer.from(text)) : createPublicKey(text);
  const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: [algorithm], typ: 'at+jwt' };

  class JoseGuard implements CanActivate {
    async canActivate(context: ExecutionContext): Promise<boolean> {
      const request = requestOf(context);
      const token = bearerTokenOf(request);
      try {
        const { payload } = await jwtVerify(token, key, options);
        request.user = payload;
      } catch {
        throw new UnauthorizedException();
      }
      return true;
    }
  }

  return { module: rootModule({ controllers: controllersWith(routes, [UseGuards(JoseGuard)]) }) };
};
