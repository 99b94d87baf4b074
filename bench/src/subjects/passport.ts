import { type CanActivate, type ExecutionContext, ForbiddenException, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportModule } from '@nestjs/passport';
import { SCOPES } from '../credentials/claims.js';
import { randomKeys } from './bare.js';
import { requestOf } from './bearer.js';
import { apiKeyStrategy, HashedKeys, jwtStrategy } from './passport-strategies.js';
import { controllersWith, rootModule } from './routes.js';
import type { Subject, SubjectMaker } from './subject.js';

/** `AuthGuard('jwt')` as Nest's documentation sets it up. */
export const passportJwt: SubjectMaker = (plan): Subject => ({
  module: rootModule({
    imports: [PassportModule],
    controllers: controllersWith(plan.routes, [UseGuards(AuthGuard('jwt'))]),
    providers: [jwtStrategy(plan)],
  }),
});

/** `AuthGuard('headerapikey')`. */
export const passportApiKey: SubjectMaker = ({ routes }): Subject => {
  const keys = new HashedKeys();
  return {
    module: rootModule({
      imports: [PassportModule],
      controllers: controllersWith(routes, [UseGuards(AuthGuard('headerapikey'))]),
      providers: [apiKeyStrategy(keys)],
    }),
    createApiKeys: async (_, count) => addedTo(keys, count),
  };
};

/** Both guards, each followed by one that looks at the scopes. Neither bans nor revocations. */
export const passportBoth: SubjectMaker = (plan): Subject => {
  const keys = new HashedKeys();
  const guards = [AuthGuard('headerapikey'), ScopesGuard, AuthGuard('jwt'), ScopesGuard];
  return {
    module: rootModule({
      imports: [PassportModule],
      controllers: controllersWith(plan.routes, [UseGuards(...guards)]),
      providers: [jwtStrategy(plan), apiKeyStrategy(keys)],
    }),
    createApiKeys: async (_, count) => addedTo(keys, count),
  };
};

/** Whether whom Passport found has the scopes. */
class ScopesGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { scopes } = requestOf(context).user as { scopes: string[] };
    if (SCOPES.every((scope) => scopes.includes(scope))) return true;
    throw new ForbiddenException();
  }
}

function addedTo(keys: HashedKeys, count: number): string[] {
  const made = randomKeys(count);
  for (const key of made) keys.add(key);
  return made;
}
