import { hash } from 'node:crypto';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { AccessGuard } from '@portcullis/auth';
import type { MicroRow } from '../results.js';
import { bareVerification } from './bare-verification.js';
import { GuardedApp } from './guarded-app.js';
import { compare, type Effort } from './measure.js';

/** The whole decision of the guard, for credentials that were proven before and for new ones. */
export async function measureGuard(rounds: number): Promise<MicroRow[]> {
  return [...(await remembered({ rounds, calls: 100_000 })), ...(await unknown({ rounds, calls: 5_000 }))];
}

async function remembered(effort: Effort): Promise<MicroRow[]> {
  const guarded = await GuardedApp.start();
  const [token] = (await guarded.tokens(1)) as [string];
  const [apiKey] = (await guarded.apiKeys(1)) as [string];
  const contexts = {
    'canActivate, remembered token': () => guarded.context('user', { token }),
    'canActivate, remembered API key': () => guarded.context('app', { apiKey }),
    'canActivate, both remembered, two scopes': () => guarded.context('both', { token, apiKey }),
  };
  const guard = guarded.app.get(AccessGuard);
  const rows: MicroRow[] = [];
  for (const [name, context] of Object.entries(contexts)) {
    rows.push(...(await compareWarm(name, context, guard, token, effort)));
  }
  await guarded.close();
  return rows;
}

function compareWarm(
  name: string,
  context: () => ExecutionContext,
  guard: CanActivate,
  token: string,
  effort: Effort,
): Promise<MicroRow[]> {
  const bare = { canActivate: (_: ExecutionContext) => true };
  const map = new Map([[token, true]]);
  const subjects = {
    Portcullis: () => guard.canActivate(context()),
    'a guard that returns true': () => bare.canActivate(context()),
    'Map.get': () => map.get(token),
  };
  return compare(name, subjects, effort);
}

async function unknown(effort: Effort): Promise<MicroRow[]> {
  const guarded = await GuardedApp.start({ remembered: 1 });
  const tokens = await guarded.tokens(1_000);
  const apiKeys = await guarded.apiKeys(1_000);
  const user = (index: number) => guarded.context('user', { token: tokens[index % 1_000] });
  const app = (index: number) => guarded.context('app', { apiKey: apiKeys[index % 1_000] });
  const guard = guarded.app.get(AccessGuard);
  const verifyBare = bareVerification('ES256', guarded.publicKey, tokens);
  const hashOf = (index: number) => hash('sha256', apiKeys[index % 1_000] as string, 'buffer');
  const rows = [
    ...(await compare(
      'canActivate, new token, ES256',
      { Portcullis: (index) => guard.canActivate(user(index)), 'crypto.verify': verifyBare },
      effort,
    )),
    ...(await compare(
      'canActivate, new API key',
      { Portcullis: (index) => guard.canActivate(app(index)), 'SHA-256 as a Buffer': hashOf },
      effort,
    )),
  ];
  await guarded.close();
  return rows;
}
