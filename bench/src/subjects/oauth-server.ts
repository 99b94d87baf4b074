import { Injectable, Module } from '@nestjs/common';
import { PortcullisModule, PortcullisSessionsModule, type UserDirectory } from '@portcullis/auth';
import { PortcullisOAuthServerModule } from '@portcullis/oauth/server';
import { AUDIENCE, ISSUER } from '../credentials/claims.js';
import { guardedRoutes } from './portcullis.js';
import { rootModule } from './routes.js';
import type { Subject, SubjectMaker } from './subject.js';

@Injectable()
class NoUsers implements UserDirectory {
  async verifyPassword(): Promise<undefined> {}

  async find(): Promise<undefined> {}
}

@Module({ providers: [NoUsers], exports: [NoUsers] })
class NoUsersModule {}

/** Ourselves as an authorization server, with the sessions that people log in with. */
export const oauthServer: SubjectMaker = (plan): Subject => {
  const sessions = PortcullisSessionsModule.register({
    users: NoUsers,
    imports: [NoUsersModule],
    clientId: 'web',
  });
  const module = PortcullisModule.forRoot({
    tokens: { audience: AUDIENCE, issuer: { url: ISSUER, signingKey: plan.signingKey } },
    passwords: { hasher: { hash: async () => '', verify: async () => false } },
  });
  const server = PortcullisOAuthServerModule.register({
    sessions,
    login: '/login',
    scopes: { 'parcels:read': 'See your parcels' },
  });
  return {
    module: rootModule({ imports: [module, sessions, server], controllers: guardedRoutes(plan) }),
  };
};
