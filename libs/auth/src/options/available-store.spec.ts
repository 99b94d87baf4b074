import { jest } from '@jest/globals';
import { InputError, MALFORMED_REQUEST, PortcullisError } from '../errors.js';
import { atBoot, availableStore } from './available-store.js';
import { defineStore } from './store-definition.js';

interface ParcelStore {
  find(id: string): Promise<string>;
  save(id: string): Promise<void>;
}

const PARCEL_STORE = defineStore<ParcelStore>('parcels', {
  methods: { find: true, save: true },
  probe: (store) => store.find('1'),
});

class Parcels implements ParcelStore {
  readonly #saved: string[] = [];

  async find(id: string) {
    return id === 'hangs' ? new Promise<string>(() => {}) : `parcel ${id} of ${this.#saved.length}`;
  }

  async save(id: string) {
    this.#saved.push(id);
  }
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const broken = new RangeError('an id is not empty');
const unavailable = (reason: string) => ({ code: 'temporarily_unavailable', retryAfterSeconds: 1, reason });

it('answers as the store does', async () => {
  const store = availableStore(PARCEL_STORE, new Parcels());
  await store.save('7');
  expect(await store.find('7')).toBe('parcel 7 of 1');
  expect(jest.getTimerCount()).toBe(0);
});

it('has what a store may do without where that store has it, and is unavailable where it fails', async () => {
  const definition = defineStore<ParcelStore & { weigh?(id: string): Promise<number> }>('parcels', {
    methods: { find: true, save: true },
    optional: { weigh: true },
    probe: (store) => store.find('1'),
  });
  expect(availableStore(definition, new Parcels())).not.toHaveProperty('weigh');
  const weighing = Object.assign(new Parcels(), { weigh: async (id: string) => Number(id) });
  expect(await availableStore(definition, weighing).weigh?.('7')).toBe(7);
  const failing = Object.assign(new Parcels(), { weigh: () => Promise.reject(broken) });
  await expect(availableStore(definition, failing).weigh?.('7')).rejects.toMatchObject(
    unavailable('stores.parcels: RangeError: an id is not empty'),
  );
});

it.each<[string, () => Promise<void>]>([
  [
    'at once',
    () => {
      throw broken;
    },
  ],
  ['later', () => Promise.reject(broken)],
  // As query builders do that make promises of their own.
  [
    'by what is only like a promise',
    () => Object.fromEntries([['then', (_: unknown, fail: (error: Error) => void) => fail(broken)]]) as never,
  ],
])('is unavailable where the store fails %s', async (_, save) => {
  const store = availableStore(PARCEL_STORE, Object.assign(new Parcels(), { save }));
  const failed = { ...unavailable('stores.parcels: RangeError: an id is not empty'), cause: broken };
  await expect(store.save('')).rejects.toMatchObject(failed);
  expect(jest.getTimerCount()).toBe(0);
});

it('is unavailable after half a minute when the store hangs', async () => {
  const store = availableStore(PARCEL_STORE, new Parcels());
  const outcome = store.find('hangs').catch((error: unknown) => error);
  await jest.advanceTimersByTimeAsync(30_000);
  expect(await outcome).toMatchObject(
    unavailable('stores.parcels: Error: stores.parcels did not answer within 30 s'),
  );
});

it.each([new InputError('no such page'), new PortcullisError(MALFORMED_REQUEST, 'on purpose')])(
  'leaves what is thrown on purpose what it is: %s',
  async (error) => {
    const store = availableStore(
      PARCEL_STORE,
      Object.assign(new Parcels(), { save: () => Promise.reject(error) }),
    );
    await expect(store.save('7')).rejects.toBe(error);
  },
);

it('tells whoever boots an app what the store says', async () => {
  const store = availableStore(
    PARCEL_STORE,
    Object.assign(new Parcels(), { save: () => Promise.reject(broken) }),
  );
  await expect(atBoot(store.save('7'))).rejects.toBe(broken);
});
