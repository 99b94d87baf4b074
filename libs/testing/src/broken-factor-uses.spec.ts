import { type FactorRecord, type FactorStore, MemoryFactorStore } from '@portcullis/auth';
import { checksOf, type Defect, type Defects, pause } from './broken-stores.js';
import { factorCodesContract } from './factor-codes-contract.js';
import { factorUseContract } from './factor-use-contract.js';

/** Asks first, and acts on what it has heard then: all who ask at the same time hear the same. */
const askingFirst =
  (
    method: 'confirm' | 'useStep' | 'useCounter',
    isFree: (factor: FactorRecord, position: number) => boolean,
  ): Defect<FactorStore> =>
  (sound) => ({
    [method]: async (id: string, position: number, at: number) => {
      const factor = await sound.find(id);
      await pause();
      if (factor === undefined || !isFree(factor, position)) return false;
      await sound[method](id, position, at);
      return true;
    },
  });

const broken: Defects<FactorStore> = {
  'confirms a factor once, with what was used for it': [
    (sound) => ({ confirm: (id, _, at) => sound.confirm(id, -1, at) }),
    (sound) => ({
      confirm: async (id, position, at) => {
        await sound.confirm(id, position, at);
        return (await sound.find(id)) !== undefined;
      },
    }),
    (sound) => ({
      confirm: async (id, position, at) =>
        (await sound.confirm(id, position, at)) || sound.useStep(id, position, at),
    }),
  ],
  'lets exactly one of many confirm at the same time': askingFirst(
    'confirm',
    ({ confirmedAt }) => confirmedAt === null,
  ),
  'uses a step once, and none before it': [
    (sound) => ({
      useStep: async (id, step, at) =>
        (await sound.useStep(id, step, at)) || (await sound.find(id))?.position === step,
    }),
    // Knows which were used, and not that a newer one was.
    (sound) => {
      const used = new Set<string>();
      return {
        useStep: async (id, step, at) => {
          const factor = await sound.find(id);
          if (factor === undefined || factor.position === step || used.has(`${id} ${step}`)) return false;
          used.add(`${id} ${step}`);
          await sound.useStep(id, step, at);
          return true;
        },
      };
    },
  ],
  'lets exactly one of many use a step at the same time': askingFirst(
    'useStep',
    ({ position }, step) => position < step,
  ),
  'ends with the highest of the steps that come at once, and uses each at most once': [
    askingFirst('useStep', ({ position }, step) => position < step),
    // Only the first one that comes is used.
    (sound) => {
      let isBusy = false;
      return {
        useStep: async (id, step, at) => {
          if (isBusy) return false;
          isBusy = true;
          await pause();
          isBusy = false;
          return sound.useStep(id, Math.min(step, 2), at);
        },
      };
    },
  ],
  'uses a counter that rises, or that is 0 for ever': [
    (sound) => ({ useCounter: (...use) => sound.useStep(...use) }),
    (sound) => ({
      useCounter: async (id, counter, at) =>
        (await sound.useCounter(id, counter, at)) || (counter === 0 && (await sound.find(id)) !== undefined),
    }),
    (sound) => ({
      useCounter: async (id, counter, at) =>
        (await sound.useCounter(id, counter, at)) || (await sound.find(id))?.position === counter,
    }),
  ],
  'lets exactly one of many use a counter at the same time': askingFirst(
    'useCounter',
    ({ position }, counter) => position < counter,
  ),
  'uses nothing of a factor that is not confirmed, or is gone': [
    ...(['useStep', 'useCounter'] as const).map(
      (method): Defect<FactorStore> =>
        (sound) => ({
          [method]: async (id: string, position: number, at: number) =>
            (await sound[method](id, position, at)) || (await sound.find(id))?.confirmedAt === null,
        }),
    ),
    (sound) => ({
      useCode: async (id, code, at) => {
        const codes = await sound.countCodes(id);
        return (await sound.useCode(id, code, at)) || codes > 0;
      },
    }),
    (sound) => ({
      useCode: async (id, code, at) => {
        const used = await sound.useCode(id, code, at);
        if (!used && (await sound.find(id)) !== undefined) await sound.replaceCodes(id, []);
        return used;
      },
    }),
  ],
  'uses each code of a factor once, and counts those that are left': [
    (sound) => {
      const used = new Set<string>();
      return {
        useCode: async (id, code, at) => {
          const isUsed = await sound.useCode(id, code, at);
          if (isUsed) used.add(code);
          return isUsed || used.has(code);
        },
      };
    },
    () => ({ countCodes: async () => 2 }),
    (sound) => ({
      useCode: async (id, code, at) =>
        (await sound.useCode(id, code, at)) || (await sound.useCode('f2', code, at)),
    }),
    (sound) => ({
      useCode: async (id, code, at) => {
        const used = await sound.useCode(id, code, at);
        await sound.useCounter(id, 0, at);
        return used;
      },
    }),
  ],
  'lets exactly one of many use a code at the same time': () => {
    const codes = new Set(['a', 'b']);
    return {
      useCode: async (_, code) => {
        const isThere = codes.has(code);
        await pause();
        codes.delete(code);
        return isThere;
      },
      countCodes: async () => codes.size,
    };
  },
  'keeps new codes in place of all older ones': (sound) => {
    const all = new Set<string>();
    return {
      replaceCodes: async (id, codes) => {
        for (const code of codes) all.add(code);
        await sound.replaceCodes(id, [...all]);
      },
    };
  },
  'keeps the codes of one of many who replace them at the same time': (sound) => {
    const all = new Set<string>();
    return {
      replaceCodes: async (id, codes) => {
        all.clear();
        await pause();
        for (const code of codes) all.add(code);
        await sound.replaceCodes(id, [...all]);
      },
    };
  },
  'keeps no codes of a factor that is not there, and forgets them with it': [
    (sound) => ({ replaceCodes: (id, codes) => sound.replaceCodes(id, codes).catch(() => undefined) }),
    (sound) => {
      let kept: readonly string[] = [];
      return {
        replaceCodes: (id, codes) => {
          kept = codes;
          return sound.replaceCodes(id, codes);
        },
        insert: async (factor) => {
          await sound.insert(factor);
          await sound.replaceCodes(factor.id, kept);
        },
      };
    },
  ],
  'tells odd codes apart': (sound) => ({
    replaceCodes: (id, codes) =>
      sound.replaceCodes(
        id,
        codes.map((code) => code.toLowerCase()),
      ),
    useCode: (id, code, at) => sound.useCode(id, code.toLowerCase(), at),
  }),
};

describe('the contract of how factors are used', () => {
  const checks = checksOf(
    () => new MemoryFactorStore(),
    [...factorCodesContract, ...factorUseContract],
    broken,
  );
  it.each(checks)('$name', ({ verify }) => verify(), 30_000);
});
