/** How long a question may be without an answer before it is given up, in milliseconds: one that never comes must not be waited for. */
const GIVEN_UP_MS = 30_000;

/** Asks whether something answers, and never asks again while it doesn't: what hangs would otherwise gather a crowd of questions. */
export class SingleFlight {
  #answer: Promise<boolean> | undefined;
  #askedAt = 0;

  constructor(private readonly question: () => Promise<unknown>) {}

  /** Whether there is an answer, be it late, within so many milliseconds. Never throws. */
  async within(milliseconds: number): Promise<boolean> {
    const answer = this.#underWay() ?? this.#ask();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, milliseconds, false);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #underWay(): Promise<boolean> | undefined {
    return performance.now() - this.#askedAt < GIVEN_UP_MS ? this.#answer : undefined;
  }

  #ask(): Promise<boolean> {
    this.#askedAt = performance.now();
    const answer = this.#outcome().finally(() => {
      if (this.#answer === answer) this.#answer = undefined;
    });
    this.#answer = answer;
    return answer;
  }

  async #outcome(): Promise<boolean> {
    try {
      await this.question();
      return true;
    } catch {
      return false;
    }
  }
}
