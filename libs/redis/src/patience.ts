import { RedisFailure } from './redis-failure.js';

/** How many commands may be without an answer for too long before further ones are refused at once. */
const MAX_OVERDUE = 100;

/** The promise's result, unless it takes longer than so many milliseconds. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LateAnswer(milliseconds)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

class LateAnswer extends Error {
  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds} ms`);
  }
}

/**
 * Waits for answers over a team's own connection, which may be set up to queue commands for as long as Redis is away: neither
 * whoever asks nor that queue may grow without bound.
 */
export class Patience {
  #overdue = 0;

  /** @param milliseconds how long an answer may take */
  constructor(private readonly milliseconds: number) {}

  /**
   * Asks, and waits for the answer.
   *
   * @param intent what can't be done without it, in words
   * @throws RedisFailure when it is refused or doesn't come in time; what was asked for may be done all the same
   */
  async ask<T>(intent: string, question: () => Promise<T>): Promise<T> {
    if (this.#overdue >= MAX_OVERDUE)
      throw new RedisFailure(`Could not ${intent}: ${this.#overdue} earlier commands are without an answer`);
    try {
      const answer = question();
      return await within(this.milliseconds, answer).catch((cause) => {
        if (cause instanceof LateAnswer) this.#await(answer);
        throw cause;
      });
    } catch (cause) {
      throw new RedisFailure(`Could not ${intent}: ${cause instanceof Error ? cause.message : cause}`, {
        cause,
      });
    }
  }

  #await(answer: Promise<unknown>): void {
    this.#overdue++;
    const answered = () => {
      this.#overdue--;
    };
    answer.then(answered, answered);
  }
}
