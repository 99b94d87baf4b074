import {
  CHANGES as KINDS,
  memoryStores,
  resolveOptions,
} from '../composition/resolve-options.spec-support.js';
import { SecurityEvents } from '../events/security-events.js';
import { Replicator } from '../replication/replicator.js';
import { MemoryApiKeyStore } from '../stores/memory/memory-api-key.store.js';
import type { ApiKeyRecord } from './api-key.store.js';
import { ApiKeyService } from './api-key-service.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import { LegacyAdoption } from './legacy-adoption.js';
import type { NewApiKey } from './new-api-key.js';

const START = Date.UTC(2030, 0, 1);
const APP: NewApiKey = { appId: 'depot', name: 'Depot Bern', lifetimeSeconds: 'never' };
const TURNS = Array.from({ length: 11 }, (_, turns) => turns);

/** Sees and changes everything at once, and answers so many turns of the microtask queue later. */
class SlowStore extends MemoryApiKeyStore {
  reads = 0;
  readTurns = 0;
  changeTurns = 0;
  /** The next read waits for it, and fails with it. */
  held: Promise<void> | undefined;

  override async findById(id: string): Promise<ApiKeyRecord | undefined> {
    this.reads++;
    const answer = super.findById(id);
    const { held } = this;
    this.held = undefined;
    await held;
    return later(this.readTurns, answer);
  }
  override revoke(...revocation: Parameters<MemoryApiKeyStore['revoke']>) {
    return later(this.changeTurns, super.revoke(...revocation));
  }
  override setDisabled(...change: Parameters<MemoryApiKeyStore['setDisabled']>) {
    return later(this.changeTurns, super.setDisabled(...change));
  }
  override replace(...replacement: Parameters<MemoryApiKeyStore['replace']>) {
    return later(this.changeTurns, super.replace(...replacement));
  }
}

async function later<T>(turns: number, value: Promise<T>): Promise<T> {
  for (let turn = 0; turn < turns; turn++) await undefined;
  return value;
}

let store: SlowStore;
let verifier: ApiKeyVerifier;
let service: ApiKeyService;
beforeEach(() => {
  store = new SlowStore();
  const stores = memoryStores({ apiKeys: store });
  // A cache with room for many takes its time to be emptied, which a revocation does.
  const options = resolveOptions({ apiKeys: { cacheSize: 100 }, now: () => START }, stores);
  const events = new SecurityEvents();
  verifier = new ApiKeyVerifier(
    options,
    new LegacyAdoption(options, events),
    new Replicator(options, events, KINDS),
  );
  service = new ApiKeyService(options, events, verifier, new Replicator(options, events, KINDS));
});

/** Whether a key is let in. */
async function isLetIn(key: string): Promise<boolean> {
  try {
    await verifier.verify(key);
    return true;
  } catch {
    return false;
  }
}

/** The next read sees the store as it is then, and answers, or fails, when the returned function is called. */
function holdRead(): (error?: Error) => void {
  let release: (error?: Error) => void = () => {};
  store.held = new Promise((resolve, reject) => {
    release = (error) => (error === undefined ? resolve() : reject(error));
  });
  return release;
}

const CHANGES: [string, (id: string) => Promise<unknown>][] = [
  ['revoked', (id) => service.revoke(id)],
  ["revoked with all its app's keys", () => service.revokeAllOf({ appId: 'depot' })],
  ['disabled', (id) => service.disable(id)],
  ['replaced without overlap', (id) => service.rotate(id, { overlapSeconds: 0 })],
];

describe.each(CHANGES)('a key that is %s while it is checked', (_, change) => {
  it('is refused by a check that read the store before, and is not put back by it', async () => {
    const { key, id } = await service.create(APP);
    const release = holdRead();
    const underWay = isLetIn(key);
    await change(id);
    release();
    expect(await underWay).toBe(false);
    expect(await isLetIn(key)).toBe(false);
  });

  it('is refused by a check that begins afterwards, while the old answer is still on its way', async () => {
    const { key, id } = await service.create(APP);
    const release = holdRead();
    const before = isLetIn(key);
    await change(id);
    expect(await isLetIn(key)).toBe(false);
    release();
    expect(await before).toBe(false);
    expect(await isLetIn(key)).toBe(false);
  });

  // Who begins first, and by how many turns.
  const LEADS = [-12, -6, -3, -2, -1, 0, 1, 2, 3, 6, 12];

  it.each(LEADS)(
    'is refused from then on, however their turns mix (the check begins %d turns later)',
    async (lead) => {
      const wrong: unknown[] = [];
      for (const readTurns of TURNS) {
        for (const changeTurns of TURNS) {
          Object.assign(store, { readTurns: 0, changeTurns: 0 });
          const { key, id } = await service.create(APP);
          Object.assign(store, { readTurns, changeTurns });

          let isChanged = false;
          const changing = later(Math.max(-lead, 0), Promise.resolve())
            .then(() => change(id))
            .then(() => {
              isChanged = true;
            });
          const checking = later(Math.max(lead, 0), Promise.resolve())
            .then(() => isLetIn(key))
            .then((letIn) => ({ letIn, wasChanged: isChanged }));
          await changing;
          const [next, { letIn, wasChanged }] = await Promise.all([isLetIn(key), checking]);
          const last = await isLetIn(key);
          if (next || last || (letIn && wasChanged))
            wrong.push({ readTurns, changeTurns, next, last, letIn, wasChanged });
        }
      }
      expect(wrong).toEqual([]);
    },
  );
});

it('the mixing above meets both orders: checks that were done before the change, and checks that were not', async () => {
  const seen = new Set<boolean>();
  for (const readTurns of TURNS) {
    for (const changeTurns of TURNS) {
      const { key, id } = await service.create(APP);
      Object.assign(store, { readTurns, changeTurns });
      const checking = isLetIn(key);
      await Promise.all([service.revoke(id), checking.then((letIn) => seen.add(letIn))]);
    }
  }
  expect(seen).toEqual(new Set([true, false]));
});

describe('a change of another key while a key is checked', () => {
  it('does not refuse it', async () => {
    const [one, other] = [await service.create(APP), await service.create(APP)];
    const release = holdRead();
    const underWay = isLetIn(one.key);
    await service.revoke(other.id);
    await service.create(APP);
    release();
    expect(await underWay).toBe(true);
    expect(verifier.verify(one.key)).not.toBeInstanceOf(Promise);
  });

  it('does not make the store read it again, so that nobody who changes keys all the time keeps others out', async () => {
    const [one, other] = [await service.create(APP), await service.create(APP)];
    const { findById } = store;
    store.findById = async (id) => {
      const record = await findById.call(store, id);
      // One more change during every read, but for the day on which this is broken.
      if (store.reads < 10) await service.revoke(other.id);
      return record;
    };
    expect(await isLetIn(one.key)).toBe(true);
    expect(store.reads).toBe(1);
  });
});

describe('a change that fails while a key is checked', () => {
  it('holds all the same, because the store may have made it', async () => {
    const { key, id } = await service.create(APP);
    const { revoke } = store;
    store.revoke = async (...revocation) => {
      await revoke.apply(store, revocation);
      throw new Error('connection lost');
    };
    const release = holdRead();
    const underWay = isLetIn(key);
    await expect(service.revoke(id)).rejects.toMatchObject({
      reason: expect.stringContaining('connection lost'),
    });
    release();
    expect(await underWay).toBe(false);
    expect(await isLetIn(key)).toBe(false);
  });
});

describe('a crowd with one key', () => {
  it('asks the store once, and all are let in', async () => {
    const { key } = await service.create(APP);
    const release = holdRead();
    const crowd = Array.from({ length: 100 }, () => isLetIn(key));
    release();
    expect(new Set(await Promise.all(crowd))).toEqual(new Set([true]));
    expect(store.reads).toBe(1);
  });

  it('asks the store once, and all are refused', async () => {
    const { key } = verifier.format.create();
    expect(new Set(await Promise.all(Array.from({ length: 100 }, () => isLetIn(key))))).toEqual(
      new Set([false]),
    );
    expect(store.reads).toBe(1);
  });

  it('fails with the one read, and asks again the next time', async () => {
    const { key } = await service.create(APP);
    const release = holdRead();
    const crowd = Array.from({ length: 100 }, () => verifier.verify(key));
    release(new Error('connection refused'));
    const answers = await Promise.allSettled(crowd);
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true);
    expect(answers[0]).toMatchObject({ reason: { code: 'temporarily_unavailable' } });
    expect(store.reads).toBe(1);
    expect(await isLetIn(key)).toBe(true);
    expect(store.reads).toBe(2);
  });

  it('that is revoked meanwhile asks once more', async () => {
    const { key, id } = await service.create(APP);
    const release = holdRead();
    const crowd = Array.from({ length: 100 }, () => isLetIn(key));
    await service.revoke(id);
    release();
    expect(new Set(await Promise.all(crowd))).toEqual(new Set([false]));
    expect(store.reads).toBe(2);
  });
});
