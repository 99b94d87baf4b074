import { jest } from '@jest/globals';
import { boundedStore } from './bounded-store.js';
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
    if (id === '') throw new RangeError('an id is not empty');
    this.#saved.push(id);
  }
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

it('answers, and fails, as the store does', async () => {
  const store = boundedStore(PARCEL_STORE, new Parcels());
  await store.save('7');
  expect(await store.find('7')).toBe('parcel 7 of 1');
  await expect(store.save('')).rejects.toThrow(RangeError);
  expect(jest.getTimerCount()).toBe(0);
});

it('fails after half a minute when the store hangs', async () => {
  const store = boundedStore(PARCEL_STORE, new Parcels());
  const outcome = store.find('hangs').catch((error: Error) => error.message);
  await jest.advanceTimersByTimeAsync(30_000);
  expect(await outcome).toBe('stores.parcels did not answer within 30 s');
});
