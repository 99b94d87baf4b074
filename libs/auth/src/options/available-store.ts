import { answerWithin } from '../async/time-limit.js';
import { InputError, PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import type { StoreDefinition } from './store-definition.js';

/** How long a store of somebody else's may take for one call, in milliseconds: what hangs for ever must not be waited for. */
const PATIENCE_MS = 30_000;

type Method = (...parameters: unknown[]) => unknown;

/**
 * The same store, whose calls are refused with `temporarily_unavailable` where it fails, or gives no answer in time: whoever asks is told
 * neither that the fault is theirs, nor that it is ours.
 */
export function availableStore<Store extends object>(
  { name, methods, optionalMethods }: StoreDefinition<Store>,
  store: Store,
): Store {
  const present = optionalMethods.filter((method) => typeof Reflect.get(store, method) === 'function');
  const calls = [...methods, ...present].map((method) => [
    method,
    async (...parameters: unknown[]) => {
      const what = `stores.${name}`;
      try {
        const answer = (Reflect.get(store, method) as Method).apply(store, parameters);
        return isPromise(answer) ? await answerWithin(PATIENCE_MS, what, answer) : answer;
      } catch (error) {
        throw refusalOf(what, error);
      }
    },
  ]);
  return Object.fromEntries(calls);
}

/** At boot there is nobody to be refused, and whoever starts the app needs the words of the store. */
export async function atBoot<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof PortcullisError ? (error.cause ?? error) : error;
  }
}

/** What is thrown on purpose stays what it is. */
function refusalOf(what: string, error: unknown): Error {
  if (error instanceof PortcullisError || error instanceof InputError) return error;
  return new PortcullisError(TEMPORARILY_UNAVAILABLE, `${what}: ${error}`, {
    retryAfterSeconds: 1,
    cause: error,
  });
}

/** Also one of a library of its own. */
function isPromise(answer: unknown): answer is Promise<unknown> {
  return typeof answer === 'object' && answer !== null && typeof Reflect.get(answer, 'then') === 'function';
}
