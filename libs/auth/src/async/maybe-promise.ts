export type MaybePromise<T> = T | Promise<T>;

/**
 * Goes on with a value at once, and with a promise when it is fulfilled: what is known already costs no turn of the event loop. The steps
 * of every request are methods instead, since to make functions for each would cost more than what they check.
 */
export function chain<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/**
 * A promise that rejects as soon as whoever is given it waits for it. Where much is refused it is far cheaper than to throw, since V8 looks
 * up where each throw is; and than a promise that has rejected already, since Node notes down those that nobody waits for.
 */
export function rejectSoon(error: unknown): Promise<never> {
  return new Promise((_, reject) => void AT_ONCE.then(() => reject(error)));
}

const AT_ONCE = Promise.resolve();

/** What a callback gave that has to answer at once. A promise is no answer, and must not end the process when it rejects. */
export function settled(value: unknown): unknown {
  if (value instanceof Promise) value.catch(() => undefined);
  return value;
}

/**
 * What a callback answered that has to answer at once.
 *
 * @param asked who was asked for what
 * @throws TypeError when it is a promise: what that would give is not looked at
 */
export function atOnce<T>(value: T, asked: string): T {
  if (settled(value) instanceof Promise)
    throw new TypeError(`${asked} is a promise, but has to be there at once`);
  return value;
}

/** All of some values: at once where none of them is a promise. */
export function allOf<T>(values: readonly MaybePromise<T>[]): MaybePromise<readonly T[]> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as readonly T[]);
}
