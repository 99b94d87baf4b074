import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SessionRecord } from '../../sessions/session.store.js';
import { MemorySessionStore } from './memory-session.store.js';

const OWNER = { issuer: 'https://app.example', subject: 'ada' };
const SESSION: SessionRecord = {
  ...OWNER,
  ...{ id: '', clientId: 'web', scopes: [], secretHash: '', device: null, binding: null, upstream: null },
  ...{ generation: 0, rotatedAt: 1, refreshes: 0, refreshesSince: 1, raised: null, acr: null, amr: [] },
  ...{ createdAt: 1, authTime: 1, lastUsedAt: 1, lastUsedFrom: '192.0.2.1' },
  ...{ idleExpiresAt: 1_000, expiresAt: 1_000, endedAt: null, endedReason: null },
};

describe('the memory of sessions', () => {
  it('lets others have their turn while it forgets very many addresses, and keeps those that come meanwhile', async () => {
    const store = new MemorySessionStore();
    for (let index = 0; index < 20_000; index++) await store.insert({ ...SESSION, id: `s${index}` });
    let isOver = false;
    const forgetting = store.forgetAddressesBefore(1).then(() => {
      isOver = true;
    });
    let turns = 0;
    for (; !isOver; turns++) {
      await store.insert({ ...SESSION, id: `meanwhile ${turns}`, lastUsedAt: 2 });
      await nextTurn();
    }
    await forgetting;
    expect(turns).toBeGreaterThanOrEqual(10);
    const kept = await store.list({ ...OWNER, limit: 100_000 });
    const withAddress = kept.filter(({ lastUsedFrom }) => lastUsedFrom !== null);
    expect(withAddress.map(({ lastUsedAt }) => lastUsedAt)).toEqual(Array(turns).fill(2));
    expect(kept).toHaveLength(20_000 + turns);
  });
});
