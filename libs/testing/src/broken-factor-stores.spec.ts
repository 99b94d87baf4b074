import { type FactorRecord, type FactorStore, MemoryFactorStore, MOST_FACTORS } from '@portcullis/auth';
import { checksOf, type Defect, type Defects, pause } from './broken-stores.js';
import { factorKeepingContract } from './factor-keeping-contract.js';

const insertingAs = (change: (factor: FactorRecord) => FactorRecord): Defect<FactorStore> => {
  return (sound) => ({ insert: (factor) => sound.insert(change(factor)) });
};

const broken: Defects<FactorStore> = {
  'keeps factors as they were inserted': [
    insertingAs((factor) => ({ ...factor, confirmedAt: factor.createdAt })),
    insertingAs((factor) => ({ ...factor, position: factor.position % 2 ** 31 })),
    insertingAs((factor) => ({ ...factor, name: factor.name || null })),
    (sound) => ({ find: async (id) => (await sound.find(id)) ?? (await sound.find('f1')) }),
  ],
  'finds one by its handle within its kind, confirmed or not': [
    () => ({ findByHandle: async () => undefined }),
    (sound) => ({
      findByHandle: async (kind, handle) => {
        const factor = await sound.findByHandle(kind, handle);
        return factor?.confirmedAt === null ? undefined : factor;
      },
    }),
    (sound) => ({
      findByHandle: async (kind, handle) =>
        (await sound.findByHandle(kind, handle)) ?? (await sound.findByHandle('a', handle)),
    }),
    insertingAs((factor) => ({ ...factor, handle: factor.handle ?? '' })),
  ],
  'fails for an id that is taken, and leaves the factor as it is': [
    (sound) => ({ insert: (factor) => sound.insert(factor).catch(() => undefined) }),
    (sound) => ({
      insert: async (factor) => {
        await sound.remove(factor.id, []);
        await sound.insert(factor);
      },
    }),
  ],
  'fails for a handle that is taken, also where both come at once, until its factor is gone': [
    insertingAs((factor) => ({ ...factor, handle: factor.handle && `${factor.handle} ${factor.id}` })),
    (sound) => {
      const handles = new Map<string, string>();
      return {
        insert: async (factor) => {
          const isTaken = handles.has(factor.handle ?? '');
          await pause();
          if (isTaken) throw new Error('taken');
          handles.set(factor.handle ?? '', factor.id);
          await sound.insert({ ...factor, handle: null });
        },
        findByHandle: (_, handle) => sound.find(handles.get(handle) ?? ''),
      };
    },
    (sound) => {
      const taken = new Set<string>();
      return {
        insert: async (factor) => {
          await sound.insert(factor);
          if (factor.handle === null) return;
          if (taken.has(factor.handle)) throw new Error('taken');
          taken.add(factor.handle);
        },
      };
    },
  ],
  'keeps odd texts apart and as they are': [
    (sound) => ({
      insert: (factor) => sound.insert({ ...factor, subject: factor.subject.trim() }),
      list: (owner) => sound.list({ ...owner, subject: owner.subject.trim() }),
    }),
    insertingAs((factor) => ({ ...factor, name: factor.name?.normalize() ?? null })),
  ],
  'hands out what nobody can change it by': () => {
    const factors = new Map<string, FactorRecord>();
    const byHandle = (handle: string) => [...factors.values()].find((factor) => factor.handle === handle);
    return {
      insert: async (factor) => void factors.set(factor.id, factor),
      find: async (id) => factors.get(id),
      findByHandle: async (_, handle) => byHandle(handle),
      list: async () => [...factors.values()],
    };
  },
  'lists all of a user of an issuer, oldest first': [
    (sound) => ({ list: async (owner) => [...(await sound.list(owner))].reverse() }),
    (sound) => ({
      list: async (owner) => (await sound.list(owner)).filter(({ confirmedAt }) => confirmedAt !== null),
    }),
    (sound) => ({
      list: async (owner) => [
        ...(await sound.list(owner)),
        ...(await sound.list({ ...owner, issuer: 'https://other.example' })),
      ],
    }),
    (sound) => ({
      list: async (owner) =>
        [...(await sound.list(owner))].sort(
          (one, other) => one.createdAt - other.createdAt || (one.id < other.id ? 1 : -1),
        ),
    }),
  ],
  'keeps so many of a user and no more, also where they come at once': [
    // Nobody counts.
    (sound) => {
      const more: FactorRecord[] = [];
      return {
        insert: (factor) => sound.insert(factor).catch(() => void more.push(factor)),
        list: async (owner) => [...(await sound.list(owner)), ...more],
      };
    },
    // Counted for all users together.
    (sound) => {
      let count = 0;
      return {
        insert: async (factor) => {
          if (count++ > MOST_FACTORS + 1) throw new Error('too many');
          await sound.insert(factor);
        },
      };
    },
    // Counted before it is its turn.
    (sound) => {
      const more: FactorRecord[] = [];
      return {
        insert: async (factor) => {
          const { length } = await sound.list(factor);
          await pause();
          if (length >= MOST_FACTORS) throw new Error('too many');
          await sound.insert(factor).catch(() => void more.push(factor));
        },
        list: async (owner) => [...(await sound.list(owner)), ...more],
      };
    },
  ],
  'changes what people call it': [
    () => ({ rename: async () => true }),
    (sound) => ({
      rename: async (...change) => {
        await sound.rename(...change);
        return true;
      },
    }),
    (sound) => ({ rename: async (id, name) => sound.rename(id, name ?? '') }),
    (sound) => ({
      rename: async (id, name) =>
        (await sound.find(id))?.confirmedAt === null ? false : sound.rename(id, name),
    }),
  ],
  'forgets those that were not confirmed by a time, and no other': [
    () => ({ forgetUnconfirmedBefore: async () => {} }),
    (sound) => ({ forgetUnconfirmedBefore: (time) => sound.forgetUnconfirmedBefore(time - 1) }),
    (sound) => ({ forgetUnconfirmedBefore: (time) => sound.forgetUnconfirmedBefore(time + 1) }),
    (sound) => ({
      forgetUnconfirmedBefore: async (time) => {
        await sound.forgetUnconfirmedBefore(time);
        await sound.remove('confirmed', []);
      },
    }),
  ],
};

describe('the contract of how factors are kept', () => {
  const checks = checksOf(() => new MemoryFactorStore(), factorKeepingContract, broken);
  it.each(checks)('$name', ({ verify }) => verify(), 30_000);
});
