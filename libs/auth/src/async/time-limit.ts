/**
 * Waits for something that never fails, but not for longer than so many milliseconds.
 *
 * @returns whether it is over
 */
export async function within(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, milliseconds, false);
  });
  const isOver = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return isOver;
}

/**
 * The answer of somebody else, who may never give one.
 *
 * @param who who was asked, for the error
 * @throws Error when it has not come within so many milliseconds
 */
export function answerWithin<T>(milliseconds: number, who: string, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // The error is made when it is needed: its stack takes longer than most answers.
    const timer = setTimeout(() => reject(tooLate(milliseconds, who)), milliseconds).unref();
    const inTime =
      <Value>(settle: (value: Value) => void) =>
      (value: Value) => {
        clearTimeout(timer);
        settle(value);
      };
    answer.then(inTime(resolve), inTime(reject));
  });
}

function tooLate(milliseconds: number, who: string): Error {
  return new Error(`${who} did not answer within ${milliseconds / 1000} s`);
}
