import { UserIdentity } from '@portcullis/auth';
import { SCOPES } from '../credentials/claims.js';
import type { MicroRow } from '../results.js';
import { compare } from './measure.js';

/** Whether an identity holds a scope, to the letter and by a wildcard. */
export async function measureScopes(rounds: number): Promise<MicroRow[]> {
  const [exact, wild] = [holding(SCOPES), holding(['scans:write', 'parcels:*'])];
  const map = new Map(SCOPES.map((scope) => [scope, true]));
  const demanded = SCOPES[1] as string;
  const effort = { rounds, calls: 1_000_000 };
  const mapGet = () => map.get(demanded);
  return [
    ...(await compare(
      'scope match',
      { Portcullis: () => exact.hasScope(demanded), 'Map.get': mapGet },
      effort,
    )),
    ...(await compare(
      'scope match by a wildcard',
      { Portcullis: () => wild.hasScope(demanded), 'Map.get': mapGet },
      effort,
    )),
  ];
}

function holding(scopes: readonly string[]): UserIdentity {
  return new UserIdentity({
    issuer: 'https://issuer.example',
    subject: 'ada',
    clientId: 'parcel-web',
    tokenId: 'one',
    issuedAt: 0,
    expiresAt: 1,
    scopes,
    claims: {},
  });
}
