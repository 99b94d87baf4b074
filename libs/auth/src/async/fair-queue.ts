/** Thrown to whoever finds no room in a queue. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
}

export interface FairQueueLimits {
  /** How much work runs at once. */
  readonly atOnce: number;
  /** How much work of one key may wait. */
  readonly waitingOfOne: number;
  /** How much work may wait altogether. */
  readonly waitingAtMost: number;
}

interface Job {
  readonly start: () => void;
  readonly refuse: (error: QueueFullError) => void;
}

/**
 * Runs a few pieces of work at once and lets the others wait. Those who ask, by their keys, take turns: whoever brings five hundred
 * pieces waits for them alone. Where there is no more room, whoever has the most waiting makes it.
 */
export class FairQueue {
  #running = 0;
  #waiting = 0;
  /** What waits, by key; the key whose turn it is comes first. */
  readonly #jobs = new Map<string, Job[]>();

  constructor(private readonly limits: FairQueueLimits) {}

  /** @throws QueueFullError when there is no room, or was none later on */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.limits.atOnce) this.#running++;
    else await this.#turnOf(key);
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  #turnOf(key: string): Promise<void> {
    const ofKey = this.#jobs.get(key) ?? [];
    if (ofKey.length >= this.limits.waitingOfOne)
      throw new QueueFullError(`${ofKey.length} wait for the same`);
    if (this.#waiting >= this.limits.waitingAtMost) this.#makeRoom(ofKey.length);
    return new Promise((start, refuse) => {
      ofKey.push({ start, refuse });
      this.#jobs.set(key, ofKey);
      this.#waiting++;
    });
  }

  /** Takes what came last from whoever has the most, if that is more than the newcomer has. */
  #makeRoom(ownLength: number): void {
    const [key, longest] = [...this.#jobs].reduce((one, other) =>
      other[1].length > one[1].length ? other : one,
    );
    if (longest.length <= ownLength + 1) throw new QueueFullError(`${this.#waiting} wait`);
    longest
      .pop()
      ?.refuse(new QueueFullError(`${this.#waiting} wait, ${longest.length + 1} of them for ${key}`));
    this.#waiting--;
  }

  #next(): void {
    const [turn] = this.#jobs;
    if (turn === undefined) {
      this.#running--;
      return;
    }
    const [key, jobs] = turn;
    const job = jobs.shift();
    this.#jobs.delete(key);
    if (jobs.length > 0) this.#jobs.set(key, jobs);
    this.#waiting--;
    job?.start();
  }
}
