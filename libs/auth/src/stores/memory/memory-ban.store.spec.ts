import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BanRecord } from '../../bans/ban.store.js';
import { MemoryBanStore } from './memory-ban.store.js';

const BAN: BanRecord = {
  ...{
    id: '',
    network: '192.0.2.1/32',
    reason: 'a test',
    rule: null,
    actor: null,
    offence: 1,
    shadow: false,
  },
  ...{ createdAt: 1, expiresAt: 2, liftedAt: null, liftedBy: null, strikes: [] },
};

describe('the memory of bans', () => {
  it('lets others have their turn while it forgets very many of one network, and keeps what they save', async () => {
    const store = new MemoryBanStore();
    await store.save(Array.from({ length: 20_000 }, (_, index) => ({ ...BAN, id: `b${index}` })));
    let isOver = false;
    const forgetting = store.forget(BAN.network).then(() => {
      isOver = true;
    });
    let turns = 0;
    for (; !isOver; turns++) {
      await store.save([{ ...BAN, id: `meanwhile ${turns}` }]);
      await nextTurn();
    }
    await forgetting;
    expect(turns).toBeGreaterThanOrEqual(10);
    expect(await store.list({ limit: 1_000 })).toHaveLength(turns);
  });
});
