import { randomBytes } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { ApiKeyService, type CreatedApiKey, FactorService, TokenIssuer } from '@portcullis/auth';
import { AccountsService, type NewUser } from '../auth/accounts.service.js';
import { ParcelsService } from '../parcels/parcels.service.js';

/** What to try the app with. */
export interface Demo {
  readonly dispatcher: NewUser;
  readonly driver: NewUser;
  readonly admin: NewUser;
  readonly depot: CreatedApiKey;
  /** Of the first parcel. */
  readonly trackingCode: string;
}

/**
 * Users, an API key and parcels to play with. Every secret is new at every start, so a copy of this app never
 * goes into production with passwords that everybody knows. Leave this folder out of your own app.
 */
export async function prepareDemo(app: INestApplication): Promise<Demo> {
  const parcels = app.get(ParcelsService);
  const { trackingCode } = parcels.register({
    recipient: 'Ada Lovelace',
    destination: '12 St James Square, London',
    weightGrams: 1200,
  });
  parcels.register({
    recipient: 'Alan Turing',
    destination: '43 Adlington Road, Wilmslow',
    weightGrams: 350,
  });

  return {
    dispatcher: await addUser(app, 'dispatcher', 'parcels:read', 'parcels:write', 'reports:read'),
    driver: await addUser(app, 'driver', 'parcels:read', 'parcels:deliver'),
    admin: await addUser(
      app,
      'admin',
      'parcels:*',
      'keys:admin',
      'bans:admin',
      'tokens:admin',
      'sessions:admin',
      'factors:admin',
      'clients:admin',
      'audit:read',
    ),
    depot: await app.get(ApiKeyService).create({
      appId: 'depot-north',
      name: 'Depot North, scanners',
      scopes: ['scans:write', 'handovers:write', 'reports:read'],
      lifetimeSeconds: 24 * 3600,
    }),
    trackingCode,
  };
}

async function addUser(app: INestApplication, username: string, ...scopes: string[]): Promise<NewUser> {
  const user: NewUser = { username, password: randomBytes(8).toString('hex'), scopes };
  await app.get(AccountsService, { strict: false }).register(user);
  await forgetFactors(app, username);
  return user;
}

/** Those of the start before: whoever had them had another password, too. */
async function forgetFactors(app: INestApplication, subject: string): Promise<void> {
  const factors = app.get(FactorService, { strict: false });
  const user = { issuer: app.get(TokenIssuer, { strict: false }).url, subject };
  for (const { id } of await factors.list(user))
    await factors.remove(user, id, { actor: subject, isForced: true });
}
