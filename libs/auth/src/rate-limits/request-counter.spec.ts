import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { type RateLimiter, RequestCounter } from './request-counter.js';

const LIMIT = { requests: 2, windowSeconds: 60 };

let now: number;
beforeEach(() => {
  now = Date.UTC(2030, 0, 1);
});
const counterWith = (limiter?: RateLimiter) => new RequestCounter(() => now, 'Requests are counted', limiter);

describe('what is counted in this process', () => {
  it('is counted without a promise, in windows that begin with their first request', () => {
    const counter = counterWith();
    expect(counter.count('address', 'a', LIMIT)).toEqual({ count: 1, resetSeconds: 60 });
    now += 59_001;
    expect(counter.count('address', 'a', LIMIT)).toEqual({ count: 2, resetSeconds: 1 });
    expect(counter.count('address', 'b', LIMIT)).toEqual({ count: 1, resetSeconds: 60 });
    expect(counter.count('name', 'a', LIMIT)).toEqual({ count: 1, resetSeconds: 60 });
    now += 999;
    expect(counter.count('address', 'a', LIMIT)).toEqual({ count: 1, resetSeconds: 60 });
  });

  it('begins anew where the clock was set back, for nobody knows for how long', () => {
    const counter = counterWith();
    for (let time = 0; time < 5; time++) void counter.count('address', 'a', LIMIT);
    now -= 3_600_000;
    expect(counter.count('address', 'a', LIMIT)).toEqual({ count: 1, resetSeconds: 60 });
  });

  it('is not pushed out by names that somebody makes up, nor while somebody goes on by other addresses', () => {
    const counter = counterWith();
    void counter.count('address', 'a', LIMIT);
    for (let name = 0; name < 60_000; name++) void counter.count('name', `${name}`, LIMIT);
    expect(counter.count('address', 'a', LIMIT)).toMatchObject({ count: 2 });
    for (let address = 0; address < 60_000; address++) {
      void counter.count('address', `${address}`, LIMIT);
      if (address % 10_000 === 0) void counter.count('address', 'a', LIMIT);
    }
    expect(counter.count('address', 'a', LIMIT)).toMatchObject({ count: 9 });
    // The first of them has made room: the memory is bounded.
    expect(counter.count('address', '1', LIMIT)).toMatchObject({ count: 1 });
  });

  it.each(['address', 'name'] as const)(
    'is kept of an %s that comes often, whoever else comes once',
    (of) => {
      const counter = counterWith();
      const limit = { requests: 4, windowSeconds: 3_600 };
      for (let time = 0; time < 3; time++) void counter.count(of, 'a', limit);
      for (let other = 0; other < 120_000; other++) void counter.count(of, `${other}`, limit);
      expect(counter.count(of, 'a', limit)).toMatchObject({ count: 4 });
      now += 3_600_000;
      expect(counter.count(of, 'a', limit)).toMatchObject({ count: 1 });
      expect(counter.count(of, 'a', limit)).toMatchObject({ count: 2 });
    },
  );
});

describe('a limiter that instances share', () => {
  it('is not asked again for who has used up the limit, until the window is over', async () => {
    const shared = new RateLimiterMemory({ points: 1, duration: 1 });
    const penalty = jest.spyOn(shared, 'penalty');
    const [one, other] = [counterWith(shared), counterWith(shared)];
    const counts = [];
    for (const counter of [one, other, one, one, one])
      counts.push(await counter.count('address', 'a', LIMIT));
    expect(counts.map(({ count }) => count)).toEqual([1, 2, 3, 4, 5]);
    expect(penalty).toHaveBeenCalledTimes(3);
    now += 60_001;
    await one.count('address', 'a', LIMIT);
    expect(penalty).toHaveBeenCalledTimes(4);
    // A higher limit is not used up.
    await one.count('address', 'a', { ...LIMIT, requests: 50 });
    expect(penalty).toHaveBeenCalledTimes(5);
  });

  it('that fails leaves this instance to count by itself', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const counter = counterWith({ penalty: () => Promise.reject(new Error('down')) });
    const counts = [];
    for (let time = 0; time < 3; time++) counts.push(await counter.count('address', 'a', LIMIT));
    expect(counts.map(({ count }) => count)).toEqual([1, 2, 3]);
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });

  it('that does not answer is waited for by the first, and then left alone for a while', async () => {
    jest.useFakeTimers();
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const penalty = jest.fn(() => new Promise<never>(() => {}));
    const counter = counterWith({ penalty });
    const counting = counter.count('address', 'a', LIMIT);
    jest.advanceTimersByTime(2_000);
    expect(await counting).toMatchObject({ count: 1 });
    expect(counter.count('address', 'a', LIMIT)).toMatchObject({ count: 2 });
    expect(penalty).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(5_001);
    expect(counter.count('address', 'a', LIMIT)).toBeInstanceOf(Promise);
    jest.useRealTimers();
    warn.mockRestore();
  });
});
