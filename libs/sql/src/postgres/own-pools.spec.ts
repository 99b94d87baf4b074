import { EventEmitter } from 'node:events';
import { jest } from '@jest/globals';
import pg from 'pg';
import { postgres } from './postgres.js';

/** Errors that nobody hears would end the process. */
describe('what a dying server says last is heard', () => {
  let pools: pg.Pool[];
  beforeAll(async () => {
    const ending = jest.spyOn(pg.Pool.prototype, 'end');
    // Nothing is asked of it, so that no server has to be there.
    const stores = postgres({ url: 'postgres://127.0.0.1:1/none' }).open();
    await stores.close();
    pools = ending.mock.contexts as unknown as pg.Pool[];
    ending.mockRestore();
    expect(pools.length).toBeGreaterThan(0);
  });
  const dying = new Error('terminating connection');

  it('by pools of our own that have ended', () => {
    for (const pool of pools) expect(pool.emit('error', dying, {} as never)).toBe(true);
  });

  it('by connections that are being handed out', () => {
    for (const pool of pools) {
      const client = new EventEmitter();
      pool.emit('connect', client as never);
      expect(client.emit('error', dying)).toBe(true);
    }
  });
});
