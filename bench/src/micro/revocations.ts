import { randomUUID } from 'node:crypto';
import type { Revocation } from '@portcullis/auth';
import { ActiveRevocations } from '../../../libs/auth/dist/revocation/active-revocations.js';
import { ISSUER } from '../credentials/claims.js';
import { flatText } from '../flat-text.js';
import type { MicroRow } from '../results.js';
import { compare, measure } from './measure.js';
import { bytesPerEntry } from './memory.js';

const MILLION = 1_000_000;
/** How many tokens the checks go through. */
const ASKED = 10_000;

/** The check of a token that is not revoked, among so many that are. */
export async function measureRevocations(rounds: number): Promise<MicroRow[]> {
  const rows: MicroRow[] = [];
  for (const size of [1_000, 100_000, MILLION]) {
    const { calls } = revocationCalls(size);
    const name = `revocation check, ${size.toLocaleString('en')} tokens revoked`;
    rows.push(...(await compare(name, calls, { rounds, calls: 500_000 })));
  }
  const { bytes } = await bytesPerEntry(MILLION, () => replicaOf(MILLION));
  rows.push({ name: 'revocations of tokens, 1,000,000', subject: 'Portcullis', bytesPerEntry: bytes });
  return rows;
}

/** Nanoseconds for one check, ours and that of a bare map. */
export async function revocationCost(
  size: number,
  rounds: number,
): Promise<{ ours: number[]; map: number[] }> {
  const { calls } = revocationCalls(size);
  const results = await measure(calls, { rounds, calls: 200_000 });
  return { ours: results.Portcullis, map: results['Map.get'] };
}

function revocationCalls(size: number) {
  const replica = replicaOf(size);
  const map = new Map(Array.from({ length: size }, () => [newTokenId(), 1]));
  const asked = Array.from({ length: ASKED }, () => ({
    issuer: ISSUER,
    tokenId: newTokenId(),
    sessionId: undefined,
    subject: 'ada',
    clientId: 'parcel-web',
    issuedAt: 1,
  }));
  const at = (index: number) => asked[index % ASKED] as (typeof asked)[number];
  return {
    calls: {
      Portcullis: (index: number) => replica.covers(at(index)),
      'Map.get': (index: number) => map.get(at(index).tokenId),
    },
  };
}

function replicaOf(size: number): ActiveRevocations {
  const replica = new ActiveRevocations();
  const common = { id: '', type: 'token', issuer: ISSUER, reason: 'bench', revokedAt: 0 } as const;
  for (let index = 0; index < size; index++) {
    const revocation: Revocation = { ...common, tokenId: newTokenId(), expiresAt: 4e12 + index };
    replica.apply(revocation, 1);
  }
  return replica;
}

function newTokenId(): string {
  return flatText(randomUUID());
}
