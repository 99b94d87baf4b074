import { type KeyObject, verify } from 'node:crypto';
import type { SigningAlgorithm } from './guarded-app.js';

/** The check of the signatures alone, with everything made ready beforehand. */
export function bareVerification(
  algorithm: SigningAlgorithm,
  key: KeyObject,
  tokens: readonly string[],
): (index: number) => void {
  const parts = tokens.map((token) => {
    const end = token.lastIndexOf('.');
    const signature = Buffer.from(token.slice(end + 1), 'base64url');
    return { data: Buffer.from(token.slice(0, end)), signature };
  });
  const hash = algorithm === 'EdDSA' ? null : 'sha256';
  const parameters = { key, dsaEncoding: 'ieee-p1363' } as const;
  return (index) => {
    const { data, signature } = parts[index % parts.length] as (typeof parts)[number];
    if (!verify(hash, data, parameters, signature)) throw new Error('A signature was wrong');
  };
}
