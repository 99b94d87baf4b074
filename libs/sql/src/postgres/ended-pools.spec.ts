import { jest } from '@jest/globals';
import pg from 'pg';
import { postgres } from './postgres.js';

describe('a pool of our own that has ended', () => {
  it('still has somebody who hears what a dying server says last, or the process would end', async () => {
    const ending = jest.spyOn(pg.Pool.prototype, 'end');
    // Nothing is asked of it, so that no server has to be there.
    const stores = postgres({ url: 'postgres://127.0.0.1:1/none' }).open();
    await stores.close();
    const pools = ending.mock.contexts as unknown as pg.Pool[];
    ending.mockRestore();
    expect(pools.length).toBeGreaterThan(0);
    for (const pool of pools)
      expect(pool.emit('error', new Error('terminating connection'), {} as never)).toBe(true);
  });
});
