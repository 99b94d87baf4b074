import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Shutdown } from './shutdown.js';

let shutdown: Shutdown;
let error: jest.SpiedFunction<Logger['error']>;
beforeEach(() => {
  jest.useFakeTimers();
  error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  shutdown = new Shutdown();
});
afterEach(() => {
  jest.useRealTimers();
  error.mockRestore();
});

/** Notes when it is asked to write, and writes when it is told to. */
function heldWork(name: string) {
  let release = () => {};
  const work = {
    name,
    writes: 0,
    end: jest.fn(),
    writeRest: () => {
      work.writes++;
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    },
    release: () => release(),
  };
  return work;
}

it('waits for all, side by side, each time', async () => {
  const [one, other] = [heldWork('one'), heldWork('other')];
  shutdown.register(one);
  shutdown.register(other);
  for (let time = 1; time <= 2; time++) {
    const writing = shutdown.writeRest();
    expect([one.writes, other.writes]).toEqual([time, time]);
    one.release();
    other.release();
    await writing;
  }
  shutdown.end();
  expect(one.end).toHaveBeenCalledTimes(1);
  expect(error).not.toHaveBeenCalled();
});

it('waits five seconds for what hangs, and only once', async () => {
  const [hanging, sound] = [heldWork('The log'), heldWork('sound')];
  shutdown.register(hanging);
  shutdown.register(sound);
  const writing = shutdown.writeRest();
  sound.release();
  await jest.advanceTimersByTimeAsync(5_000);
  await writing;
  expect(error.mock.calls).toEqual([['The log could not be written in time']]);

  const again = shutdown.writeRest();
  sound.release();
  await again;
  expect([hanging.writes, sound.writes]).toEqual([1, 2]);

  hanging.release();
  await jest.advanceTimersByTimeAsync(0);
  const late = shutdown.writeRest();
  hanging.release();
  sound.release();
  await late;
  expect([hanging.writes, sound.writes]).toEqual([2, 3]);
});

it('is not held up by what fails', async () => {
  const sound = heldWork('sound');
  shutdown.register({ name: 'The log', writeRest: () => Promise.reject(new Error('the disk is full')) });
  shutdown.register(sound);
  const writing = shutdown.writeRest();
  sound.release();
  await writing;
  expect(error.mock.calls).toEqual([['The log could not be written: Error: the disk is full']]);
});
