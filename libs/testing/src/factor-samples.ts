import type { FactorRecord, FactorStore } from '@portcullis/auth';

export const NOW = Date.UTC(2020, 0, 1);
export const ADA = { issuer: 'https://issuer.example', subject: 'ada' };

/** A factor that its user has confirmed. */
export function factorOf(id: string, details: Partial<FactorRecord> = {}): FactorRecord {
  return {
    id,
    ...ADA,
    kind: 'totp',
    name: null,
    createdAt: NOW,
    confirmedAt: NOW,
    lastUsedAt: null,
    handle: null,
    data: '{}',
    position: -1,
    ...details,
  };
}

/** One that proves nothing yet. */
export function unconfirmed(id: string, details: Partial<FactorRecord> = {}): FactorRecord {
  return factorOf(id, { confirmedAt: null, ...details });
}

export async function keep(store: FactorStore, ...factors: readonly FactorRecord[]): Promise<void> {
  for (const factor of factors) await store.insert(factor);
}

export function idsOf(factors: readonly FactorRecord[]): string[] {
  return factors.map(({ id }) => id);
}

export function countTrue(answers: readonly boolean[]): number {
  return answers.filter((answer) => answer === true).length;
}
