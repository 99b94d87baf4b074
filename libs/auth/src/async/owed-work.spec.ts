import { jest } from '@jest/globals';
import { OwedWork } from './owed-work.js';

let owed: OwedWork;
beforeEach(() => {
  jest.useFakeTimers();
  owed = new OwedWork();
});
afterEach(() => {
  owed.close();
  jest.useRealTimers();
});

it('does work at once, and owes nothing then', async () => {
  await owed.do('one', async () => {});
  expect(owed.size).toBe(0);
});

it('does again what failed, also by throwing at once, until it is done', async () => {
  let tries = 0;
  const work = () => {
    if (++tries < 4) throw new Error('no');
    return Promise.resolve();
  };
  await expect(owed.do('one', work)).rejects.toThrow('no');
  expect(owed.size).toBe(1);
  await jest.advanceTimersByTimeAsync(10_000);
  expect([tries, owed.size]).toEqual([4, 0]);
});

it('owes of two of one name the later only', async () => {
  const done: string[] = [];
  let isDown = true;
  const work = (name: string) => async () => {
    if (isDown) throw new Error('down');
    done.push(name);
  };
  await expect(owed.do('one', work('earlier'))).rejects.toThrow('down');
  await expect(owed.do('one', work('later'))).rejects.toThrow('down');
  isDown = false;
  await jest.advanceTimersByTimeAsync(1_000);
  expect(done).toEqual(['later']);
});

it('lets nothing wait for ever behind what hangs', async () => {
  let isDown = true;
  const done: string[] = [];
  const hanging = () => (isDown ? Promise.reject(new Error('down')) : new Promise<void>(() => {}));
  await expect(owed.do('hanging', hanging)).rejects.toThrow('down');
  await expect(
    owed.do('sound', async () => {
      if (isDown) throw new Error('down');
      done.push('sound');
    }),
  ).rejects.toThrow('down');
  isDown = false;
  await jest.advanceTimersByTimeAsync(40_000);
  expect(done).toEqual(['sound']);
});
