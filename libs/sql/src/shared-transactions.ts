import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from './database.js';
import { Turns } from './turns.js';

/** Calls that share a transaction at most: where one statement has a part for each, and where it is the same for however many. */
const [PARTS_AT_ONCE, ROWS_AT_ONCE] = [100, 500];
/** Transactions that are under way at a time: one that waits for a lock holds up no other. */
const SIDE_BY_SIDE = 3;
/** Calls that are tried each by itself at a time, and milliseconds that one waits for its turn: they leave connections for other work. */
const [ONE_BY_ONE, PATIENCE] = [4, 10_000];

interface Call<Asked, Answer> {
  readonly asked: Asked;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/**
 * Does in one transaction what many ask for at the same time: what comes in one turn of the event loop goes together, and so does what comes
 * while others are under way. Each by itself would be several ways to the server and back, and a wait for its disk.
 */
export class SharedTransactions<Asked, Answer> {
  #waiting: Call<Asked, Answer>[] = [];
  readonly #callsAtOnce: number;
  readonly #oneByOne = new Turns(ONE_BY_ONE, PATIENCE);
  #underWay = 0;
  #isGathering = false;

  /**
   * @param work does all or nothing; answers in the order of what was asked
   * @param sideBySide transactions at a time; one, where they would be in each other's way
   */
  constructor(
    { limitsParts }: Pick<Database, 'limitsParts'>,
    private readonly work: (asked: readonly Asked[]) => Promise<readonly Answer[]>,
    private readonly sideBySide = SIDE_BY_SIDE,
  ) {
    this.#callsAtOnce = limitsParts ? ROWS_AT_ONCE : PARTS_AT_ONCE;
  }

  ask(asked: Asked): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ asked, resolve, reject });
      if (!this.#isGathering && this.#underWay < this.sideBySide) void this.#gather();
    });
  }

  /** Whoever comes first is not to go alone. */
  async #gather(): Promise<void> {
    this.#isGathering = true;
    await nextTurn();
    this.#isGathering = false;
    while (this.#waiting.length > 0 && this.#underWay < this.sideBySide) void this.#answerWaiting();
  }

  async #answerWaiting(): Promise<void> {
    this.#underWay++;
    while (this.#waiting.length > 0) await this.#answer(this.#waiting.splice(0, this.#callsAtOnce));
    this.#underWay--;
  }

  /** What fails for several is tried for each by itself: one that can't be done is not to stop the others. */
  async #answer(calls: readonly Call<Asked, Answer>[]): Promise<void> {
    try {
      const answers = await this.work(calls.map(({ asked }) => asked));
      for (const [index, { resolve }] of calls.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      if (calls.length > 1) await Promise.all(calls.map((call) => this.#answerAlone(call)));
      else calls[0]?.reject(error);
    }
  }

  /** Of many that wait for one lock each would keep a connection until it may wait no longer. */
  async #answerAlone(call: Call<Asked, Answer>): Promise<void> {
    await this.#oneByOne.take(() => this.#answer([call])).catch((error) => call.reject(error));
  }
}
