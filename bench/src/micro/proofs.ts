import { createHash, createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, jwtVerify } from 'jose';
import { BindingOptions } from '../../../libs/auth/dist/binding/binding.options.js';
import { DpopNonces } from '../../../libs/auth/dist/binding/dpop-nonces.js';
import { DpopProofs } from '../../../libs/auth/dist/binding/dpop-proofs.js';
import { UsedProofs } from '../../../libs/auth/dist/binding/used-proofs.js';
import { ClientIp } from '../../../libs/auth/dist/net/client-ip.js';
import { PublicOrigins } from '../../../libs/auth/dist/net/public-origins.js';
import { RequestContext } from '../../../libs/auth/dist/request/request-context.js';
import type { MicroRow } from '../results.js';
import { bareVerification } from './bare-verification.js';
import { compare } from './measure.js';

const CALLS = 2_000;
const ORIGIN = 'https://api.example';
/** As long as those that the other measurements have. */
const TOKEN = 'x'.repeat(700);
const ATH = createHash('sha256').update(TOKEN).digest('base64url');

const CLIENT_IP = new ClientIp({ trustedProxies: [], forwardedHeader: 'X-Forwarded-For' });

type Algorithm = 'ES256' | 'EdDSA';

/** Proofs of a key that is known, each of them new: all that has to be checked, remembering included, against the bare signature. */
export async function measureProofs(rounds: number): Promise<MicroRow[]> {
  const rows: MicroRow[] = [];
  for (const algorithm of ['ES256', 'EdDSA'] as const) rows.push(...(await newProofs(algorithm, rounds)));
  return rows;
}

async function newProofs(algorithm: Algorithm, rounds: number): Promise<MicroRow[]> {
  const now = Date.now();
  const { key, jwk, proofs } = madeProofs(algorithm, CALLS * (rounds + 1), Math.floor(now / 1000));
  const jkt = await calculateJwkThumbprint(jwk);
  const settings = { binding: new BindingOptions(), now: () => now };
  const checks = new DpopProofs(
    settings,
    new PublicOrigins([ORIGIN]),
    new DpopNonces(settings),
    new UsedProofs(settings),
  );
  const requests = proofs.map(requestWith);
  let used = 0;
  const proofAt = (index: number) => proofs[index % proofs.length] as string;
  const joseOptions = { typ: 'dpop+jwt', algorithms: [algorithm], currentDate: new Date(now) };
  const subjects = {
    Portcullis: () => checks.demandFor({ text: TOKEN, jkt }, requests[used++] as RequestContext),
    'jose with EmbeddedJWK, without replays': async (index: number) => {
      const { protectedHeader } = await jwtVerify(proofAt(index), EmbeddedJWK, joseOptions);
      await calculateJwkThumbprint(protectedHeader.jwk as JWK);
    },
    'crypto.verify': bareVerification(algorithm, key, proofs),
  };
  return compare(`DPoP proof, ${algorithm}, known key`, subjects, { rounds, calls: CALLS });
}

function madeProofs(algorithm: Algorithm, count: number, iat: number) {
  const { privateKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('ed25519');
  const key = createPublicKey(privateKey);
  const jwk = key.export({ format: 'jwk' }) as JWK;
  const header = encoded({ typ: 'dpop+jwt', alg: algorithm, jwk });
  const hash = algorithm === 'ES256' ? 'sha256' : null;
  const proofs = Array.from({ length: count }, () => {
    const claims = { htm: 'GET', htu: `${ORIGIN}/parcels`, jti: randomUUID(), ath: ATH, iat };
    const input = `${header}.${encoded(claims)}`;
    const signature = sign(hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  });
  return { key, jwk, proofs };
}

function requestWith(proof: string): RequestContext {
  const head = {
    method: 'GET',
    url: '/parcels',
    headers: { host: 'api.example', authorization: `DPoP ${TOKEN}`, dpop: proof },
    rawHeaders: ['Host', 'api.example', 'Authorization', `DPoP ${TOKEN}`, 'DPoP', proof],
    socket: {},
  };
  return RequestContext.begin(head, CLIENT_IP);
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
