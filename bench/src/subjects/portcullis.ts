import type { INestApplication, Type } from '@nestjs/common';
import {
  ApiKeyService,
  PortcullisModule,
  type PortcullisOptions,
  Public,
  RequireApp,
  RequireUser,
} from '@portcullis/auth';
import { AUDIENCE, ISSUER, SCOPES } from '../credentials/claims.js';
import { LoadedBanStore, LoadedRevocationStore } from './loaded-stores.js';
import { controllersWith, rootModule } from './routes.js';
import type { Demand, ServerPlan, Subject, SubjectMaker } from './subject.js';

const DECORATORS: Readonly<Record<Demand, readonly ClassDecorator[]>> = {
  open: [Public()],
  user: [RequireUser()],
  app: [RequireApp()],
  both: [RequireApp(...SCOPES), RequireUser(...SCOPES)],
};

/** Ourselves, with bans and revocations of others in force. Bans are always checked, and every response is judged. */
export const portcullis: SubjectMaker = (plan): Subject => ({
  module: rootModule({
    imports: [PortcullisModule.forRoot(optionsFor(plan))],
    controllers: guardedRoutes(plan),
  }),
  createApiKeys,
});

/** The routes under our decorators. */
export function guardedRoutes({ routes, demand }: ServerPlan): Type[] {
  return controllersWith(routes, DECORATORS[demand]);
}

function optionsFor(plan: ServerPlan): PortcullisOptions {
  const { algorithm, publicKeys, jwksUri, loaded, clientIsBanned, rememberedApiKeys } = plan;
  const trusted =
    algorithm === 'HS256'
      ? { issuer: ISSUER, sharedSecret: publicKeys.HS256 }
      : { issuer: ISSUER, jwksUri, algorithms: [algorithm], allowHttpOnLoopback: true };
  return {
    tokens: { audience: AUDIENCE, trustedIssuers: [trusted] },
    apiKeys: { cacheSize: rememberedApiKeys },
    // The client is on loopback, which is exempt otherwise, and is to be refused very often.
    bans: { privateAddresses: true, strikeLimit: Number.MAX_SAFE_INTEGER },
    stores: {
      bans: new LoadedBanStore(loaded, clientIsBanned),
      revocations: new LoadedRevocationStore(loaded),
    },
  };
}

/** Makes keys that may do what the measured route demands. */
export async function createApiKeys(app: INestApplication, count: number): Promise<string[]> {
  const service = app.get(ApiKeyService);
  const keys: string[] = [];
  while (keys.length < count) {
    keys.push((await service.create({ appId: 'depot', name: 'North', scopes: SCOPES })).key);
  }
  return keys;
}
