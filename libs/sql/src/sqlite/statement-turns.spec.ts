import { setImmediate as nextTurn } from 'node:timers/promises';
import { StatementTurns } from './statement-turns.js';

/** As a statement does that takes so many milliseconds. */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('statements of SQLite', () => {
  it('let the event loop have its turn, however many come', async () => {
    const turns = new StatementTurns();
    let [turned, statements] = [0, 0];
    const work = Promise.all(
      Array.from({ length: 20 }, async () => {
        await turns.take();
        block(3);
        statements++;
      }),
    );
    while (statements < 20) {
      await nextTurn();
      turned++;
    }
    await work;
    expect(turned).toBeGreaterThanOrEqual(10);
  });

  it('come in the order in which they were asked for: nobody waits for those who come later', async () => {
    const turns = new StatementTurns();
    const order: string[] = [];
    let isOver = false;
    const writers = Array.from({ length: 8 }, async () => {
      while (!isOver) {
        await turns.take();
        block(6);
        order.push('writer');
      }
    });
    while (order.length < 8) await nextTurn();
    const before = order.length;
    await turns.take();
    isOver = true;
    expect(order.length - before).toBeLessThanOrEqual(9);
    await Promise.all(writers);
  });
});
