import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { Replicator } from '../replication/replicator.js';
import { Shutdown } from '../shutdown/shutdown.js';
import type { ResolvedOptions } from './portcullis.options.js';
import { ShutdownSequence } from './shutdown-sequence.js';

const never = () => new Promise<never>(() => {});

let error: jest.SpiedFunction<Logger['error']>;
beforeEach(() => {
  jest.useFakeTimers();
  error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
});
afterEach(() => {
  jest.useRealTimers();
  error.mockRestore();
});

/** What is done, in its order, of an app without a server. */
function sequence({ closeFeed = async () => {}, closeStorage = async () => {} }) {
  const done: string[] = [];
  const shutdown = new Shutdown();
  shutdown.register({
    name: 'The log',
    writeRest: async () => {
      done.push('write');
    },
    end: () => done.push('end'),
  });
  const noting = (what: string, act: () => Promise<unknown>) => async () => {
    done.push(what);
    await act();
  };
  const replicator = { close: noting('close feed', closeFeed) };
  const options = { storage: { close: noting('close storage', closeStorage) } };
  const stopping = new ShutdownSequence(
    {} as HttpAdapterHost,
    shutdown,
    replicator as unknown as Replicator,
    options as unknown as ResolvedOptions,
  );
  return { stopping, done };
}

it('writes before others close anything, and closes the storage when nothing is left', async () => {
  const { stopping, done } = sequence({});
  await stopping.beforeApplicationShutdown();
  expect(done).toEqual(['write']);
  await stopping.onApplicationShutdown();
  expect(done).toEqual(['write', 'write', 'close feed', 'end', 'close storage']);
  expect(error).not.toHaveBeenCalled();
});

it('is held up for a while only by what hangs', async () => {
  const { stopping, done } = sequence({ closeFeed: never, closeStorage: never });
  const over = stopping.onApplicationShutdown();
  await jest.advanceTimersByTimeAsync(20_000);
  await over;
  expect(done.at(-1)).toBe('close storage');
  expect(error.mock.calls).toEqual([
    ['The change feed does not close, and is left as it is'],
    ['The storage does not close, and is left as it is'],
  ]);
});

it('goes on after what fails', async () => {
  const fail = () => Promise.reject(new Error('gone'));
  const { stopping } = sequence({ closeFeed: fail, closeStorage: fail });
  await stopping.onApplicationShutdown();
  expect(error.mock.calls).toEqual([
    ['The change feed could not be closed: Error: gone'],
    ['The storage could not be closed: Error: gone'],
  ]);
});
