import { type FactorRecord, type FactorStore, MemoryFactorStore } from '@portcullis/auth';
import { checksOf, type Defect, type Defects, pause } from './broken-stores.js';
import { factorRemovalContract } from './factor-removal-contract.js';

/** Takes for one that its user keeps what is none. */
const removingUnlessLast =
  (
    left: (
      sound: FactorStore,
      factor: FactorRecord,
      keepOneOf: readonly string[],
    ) => Promise<readonly FactorRecord[]>,
  ): Defect<FactorStore> =>
  (sound) => ({
    remove: async (id, keepOneOf) => {
      const factor = await sound.find(id);
      if (factor === undefined) return false;
      return sound.remove(id, (await left(sound, factor, keepOneOf)).length > 1 ? [] : keepOneOf);
    },
  });

const broken: Defects<FactorStore> = {
  'removes a factor once': [
    () => ({ remove: async () => true }),
    (sound) => ({
      remove: async (...removal) => {
        await sound.remove(...removal);
        return true;
      },
    }),
  ],
  'lets exactly one of many remove at the same time': (sound) => ({
    remove: async (id, keepOneOf) => {
      const isThere = (await sound.find(id)) !== undefined;
      await pause();
      await sound.remove(id, keepOneOf);
      return isThere;
    },
  }),
  'keeps the last confirmed one of the kinds of which its user has to keep one': [
    (sound) => ({ remove: (id) => sound.remove(id, []) }),
    removingUnlessLast(async (sound, factor, keepOneOf) => {
      const all = await sound.list(factor);
      return all.filter(({ kind }) => keepOneOf.includes(kind));
    }),
    removingUnlessLast(async (sound, factor) => {
      const all = await sound.list(factor);
      return all.filter(({ confirmedAt }) => confirmedAt !== null);
    }),
    removingUnlessLast(async (sound, factor, keepOneOf) => {
      const all = [...(await sound.list(factor)), ...(await sound.list({ ...factor, subject: 'bob' }))];
      return all.filter(({ kind, confirmedAt }) => keepOneOf.includes(kind) && confirmedAt !== null);
    }),
    removingUnlessLast(async (sound, factor, keepOneOf) => {
      const issuers = [factor.issuer, 'https://other.example'];
      const all = await Promise.all(issuers.map((issuer) => sound.list({ ...factor, issuer })));
      return all.flat().filter(({ kind, confirmedAt }) => keepOneOf.includes(kind) && confirmedAt !== null);
    }),
  ],
  'removes what is not of these kinds, or was never confirmed, whatever is left': [
    (sound) => ({
      remove: async (id, keepOneOf) => {
        const factor = (await sound.find(id)) as FactorRecord;
        const { length } = await sound.list(factor);
        return keepOneOf.length > 0 && length === 1 ? false : sound.remove(id, keepOneOf);
      },
    }),
    (sound) => ({
      remove: async (id, keepOneOf) =>
        keepOneOf.length > 0 && (await sound.find(id))?.kind === 'recovery-codes'
          ? false
          : sound.remove(id, keepOneOf),
    }),
  ],
  'keeps one where all are removed at the same time': (sound) => ({
    remove: async (id, keepOneOf) => {
      const factor = (await sound.find(id)) as FactorRecord;
      const { length } = await sound.list(factor);
      await pause();
      return length > 1 ? sound.remove(id, []) : sound.remove(id, keepOneOf);
    },
  }),
};

describe('the contract of how factors are removed', () => {
  const checks = checksOf(() => new MemoryFactorStore(), factorRemovalContract, broken);
  it.each(checks)('$name', ({ verify }) => verify(), 30_000);
});
