import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { auth, UnauthorizedError } from 'express-oauth2-jwt-bearer';
import { AUDIENCE, ISSUER } from '../credentials/claims.js';
import { controllersWith, rootModule } from './routes.js';
import type { Subject, SubjectMaker } from './subject.js';

/** Answers as Express by itself would; to Nest the middleware's errors are unknown ones. */
@Catch(UnauthorizedError)
class UnauthorizedFilter implements ExceptionFilter<UnauthorizedError> {
  catch({ status, headers, message }: UnauthorizedError, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<Response>().status(status).set(headers).json({ message });
  }
}

/** Auth0's middleware, for all routes, with the issuer's key at hand. */
export const auth0: SubjectMaker = ({ algorithm, publicKeys, routes }): Subject => ({
  module: rootModule({ controllers: controllersWith(routes) }),
  prepare(app) {
    const publicKey = publicKeys[algorithm];
    app.useGlobalFilters(new UnauthorizedFilter());
    app.use(auth({ issuer: ISSUER, audience: AUDIENCE, publicKey, tokenSigningAlg: algorithm }));
  },
});
