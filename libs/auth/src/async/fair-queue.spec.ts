import { FairQueue, QueueFullError } from './fair-queue.js';

const turn = () => new Promise(setImmediate);

/** A queue whose work ends when the test says so, and what has begun and been refused. */
function queueOf(limits: { atOnce: number; waitingOfOne?: number; waitingAtMost?: number }) {
  const queue = new FairQueue({ waitingOfOne: 100, waitingAtMost: 1_000, ...limits });
  const begun: string[] = [];
  const refused: string[] = [];
  const ends: (() => void)[] = [];
  const add = (name: string, key = name.charAt(0), fails = false) =>
    queue
      .run(key, async () => {
        begun.push(name);
        await new Promise<void>((resolve) => ends.push(resolve));
        if (fails) throw new Error(name);
      })
      .catch((error) => {
        if (error instanceof QueueFullError) refused.push(name);
      });
  /** Ends what runs longest, and lets the next begin. */
  const end = async () => {
    ends.shift()?.();
    await turn();
  };
  return { add, end, begun, refused };
}

describe('a fair queue', () => {
  it('runs so much at once and no more', async () => {
    const { add, end, begun } = queueOf({ atOnce: 2 });
    for (const name of ['a1', 'a2', 'a3', 'a4']) void add(name);
    expect(begun).toEqual(['a1', 'a2']);
    await end();
    expect(begun).toEqual(['a1', 'a2', 'a3']);
    for (let count = 0; count < 3; count++) await end();
    void add('a5');
    void add('a6');
    void add('a7');
    expect(begun).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6']);
  });

  it('lets those who ask take turns', async () => {
    const { add, end, begun } = queueOf({ atOnce: 1 });
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2']) void add(name);
    for (let count = 0; count < 7; count++) await end();
    expect(begun).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
  });

  it('goes on when work fails', async () => {
    const { add, end, begun } = queueOf({ atOnce: 1 });
    void add('a1', 'a', true);
    void add('b1');
    await end();
    expect(begun).toEqual(['a1', 'b1']);
  });

  it('refuses whoever has too much waiting', async () => {
    const { add, begun, refused } = queueOf({ atOnce: 1, waitingOfOne: 2 });
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1']) void add(name);
    await turn();
    expect([begun, refused]).toEqual([['a1'], ['a4']]);
  });

  it('takes from whoever has the most where there is no more room', async () => {
    const { add, end, begun, refused } = queueOf({ atOnce: 1, waitingAtMost: 3 });
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'd1']) void add(name);
    await turn();
    expect(refused.toSorted()).toEqual(['a3', 'a4', 'd1']);
    for (let count = 0; count < 4; count++) await end();
    expect(begun).toEqual(['a1', 'a2', 'b1', 'c1']);
  });
});
