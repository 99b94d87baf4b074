import { setImmediate } from 'node:timers/promises';
import { SharedTransactions } from './shared-transactions.js';

describe('transactions that many share', () => {
  it('do together what has come meanwhile, and give each its own answer', async () => {
    const begun: string[][] = [];
    const ends: (() => void)[] = [];
    const shared = new SharedTransactions<string, string>({}, async (asked) => {
      begun.push([...asked]);
      await new Promise<void>((resolve) => ends.push(resolve));
      return asked.map((each) => `${each}!`);
    });
    const answers = [];
    for (const turn of [['a', 'b'], ['c'], ['d'], ['e'], ['f']]) {
      answers.push(...turn.map((each) => shared.ask(each)));
      await setImmediate();
    }
    expect(begun).toEqual([['a', 'b'], ['c'], ['d']]);
    for (const end of ends.splice(0)) end();
    await setImmediate();
    for (const end of ends) end();
    expect(await Promise.all(answers)).toEqual(['a!', 'b!', 'c!', 'd!', 'e!', 'f!']);
    expect(begun[3]).toEqual(['e', 'f']);
  });

  it('go on beside one that waits for ever', async () => {
    const shared = new SharedTransactions<string, string>({}, (asked) =>
      asked.includes('stuck') ? new Promise(() => {}) : Promise.resolve(asked),
    );
    void shared.ask('stuck');
    await setImmediate();
    const others = Array.from({ length: 250 }, (_, index) => `other ${index}`);
    expect(await Promise.all(others.map((each) => shared.ask(each)))).toEqual(others);
  });

  it('fail for none but those that can not be done', async () => {
    const shared = new SharedTransactions<number, number>({}, async (asked) => {
      if (asked.includes(7)) throw new Error('seven');
      return asked;
    });
    const asked = Array.from({ length: 12 }, (_, index) => shared.ask(index));
    const outcomes = await Promise.allSettled(asked);
    const failed = outcomes.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []));
    expect(failed).toEqual([7]);
    await expect(asked[7]).rejects.toThrow('seven');
    expect(await shared.ask(1)).toBe(1);
  });

  it('leave connections for others where many that wait for one lock are tried each by itself', async () => {
    let [alone, most] = [0, 0];
    const shared = new SharedTransactions<number, number>({}, async (asked) => {
      if (asked.length > 1) throw new Error('locked');
      most = Math.max(most, ++alone);
      await setImmediate();
      alone--;
      return asked;
    });
    const asked = Array.from({ length: 100 }, (_, index) => index);
    expect(await Promise.all(asked.map((each) => shared.ask(each)))).toEqual(asked);
    expect(most).toBeLessThan(7);
  });
});
