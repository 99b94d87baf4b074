import { type FactorStore, MemoryFactorStore } from '@portcullis/auth';
import { checksOf, type Defects, pause } from './broken-stores.js';
import { factorDataContract } from './factor-data-contract.js';

const broken: Defects<FactorStore> = {
  'replaces the data of a factor that has those that are known, and nothing else of it': (sound) => ({
    replaceData: async (id, _, data) => {
      const { data: before = '' } = (await sound.find(id)) ?? {};
      return sound.replaceData(id, before, data);
    },
  }),
  'lets exactly one of many replace the same data at the same time': (sound) => ({
    replaceData: async (id, before, data) => {
      const factor = await sound.find(id);
      await pause();
      if (factor?.data !== before) return false;
      await sound.replaceData(id, before, data);
      return true;
    },
  }),
  'lists the factors of all users, confirmed or not, page after page': [
    (sound) => ({ listAll: async (_, limit) => sound.listAll(undefined, limit) }),
    (sound) => ({
      listAll: async (after, limit) =>
        (await sound.listAll(after, limit)).filter(({ confirmedAt }) => confirmedAt !== null),
    }),
  ],
};

describe('the contract of how the data of factors are replaced', () => {
  const checks = checksOf(() => new MemoryFactorStore(), factorDataContract, broken);
  it.each(checks)('$name', ({ verify }) => verify(), 30_000);
});
