import { ApiKeyReads } from './api-key-reads.js';

/** Reads that end when they are told to. */
function pending() {
  const ends: (() => void)[] = [];
  const read = () => new Promise<undefined>((resolve) => ends.push(() => resolve(undefined)));
  return { read, ends };
}

describe('reads of keys', () => {
  it('are done once for all who want the same at the same time', async () => {
    const reads = new ApiKeyReads();
    const { read, ends } = pending();
    const wanted = [reads.once('a', read), reads.once('a', read)];
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await Promise.all(wanted);
    void reads.once('a', read);
    expect(ends).toHaveLength(2);
  });

  it('are at most a thousand at the same time, also when they were forgotten', async () => {
    const reads = new ApiKeyReads();
    const { read, ends } = pending();
    const wanted = Array.from({ length: 999 }, (_, index) => reads.once(`${index}`, read));
    reads.forget();
    wanted.push(reads.once('1', read));
    expect(() => reads.once('2', read)).toThrow(
      expect.objectContaining({ code: 'temporarily_unavailable', retryAfterSeconds: 1 }),
    );
    // Who waits for what is being read costs nothing.
    expect(reads.once('1', read)).toBe(wanted.at(-1));
    for (const end of ends) end();
    await Promise.all(wanted);
    void reads.once('2', read);
    expect(ends).toHaveLength(1_001);
  });

  it('that fail make room as well', async () => {
    const reads = new ApiKeyReads();
    const fail = () => Promise.reject(new Error('connection refused'));
    for (let count = 0; count < 1_001; count++)
      await expect(reads.once('a', fail)).rejects.toMatchObject({ code: 'temporarily_unavailable' });
  });
});
