import { createVerifier } from 'fast-jwt';
import { jwtVerify } from 'jose';
import { TokenVerifier } from '../../../libs/auth/dist/tokens/token-verifier.js';
import { AUDIENCE, ISSUER } from '../credentials/claims.js';
import type { MicroRow } from '../results.js';
import { bareVerification } from './bare-verification.js';
import { GuardedApp, type SigningAlgorithm } from './guarded-app.js';
import { compare } from './measure.js';

/** Tokens that nobody has seen before: with everything that has to be checked, against the bare signature. */
export async function measureTokens(rounds: number): Promise<MicroRow[]> {
  const rows: MicroRow[] = [];
  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const)
    rows.push(...(await newTokens(algorithm, rounds)));
  return rows;
}

async function newTokens(algorithm: SigningAlgorithm, rounds: number): Promise<MicroRow[]> {
  const guarded = await GuardedApp.start({ algorithm, remembered: 1 });
  const tokens = await guarded.tokens(1_000);
  const tokenAt = (index: number) => tokens[index % tokens.length] as string;
  const key = guarded.publicKey;
  const verifyBare = bareVerification(algorithm, key, tokens);
  const verifier = guarded.app.get(TokenVerifier);
  const joseOptions = { issuer: ISSUER, audience: AUDIENCE, algorithms: [algorithm], typ: 'at+jwt' };
  const verifyFast = createVerifier({
    key: String(key.export({ type: 'spki', format: 'pem' })),
    algorithms: [algorithm],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
  });
  const subjects = {
    Portcullis: (index: number) => verifier.verify(tokenAt(index)),
    jose: (index: number) => jwtVerify(tokenAt(index), key, joseOptions),
    'fast-jwt, without cache': (index: number) => verifyFast(tokenAt(index)),
    'crypto.verify': verifyBare,
  };
  const rows = await compare(`token, ${algorithm}, new`, subjects, { rounds, calls: 2_000 });
  await guarded.close();
  return rows;
}
