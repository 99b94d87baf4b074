import { answerWithin } from '../async/time-limit.js';
import type { StoreDefinition } from './store-definition.js';

/** How long a store of somebody else's may take for one call, in milliseconds: what hangs for ever must not be waited for. */
const PATIENCE_MS = 30_000;

type Method = (...parameters: unknown[]) => unknown;

/** The same store, whose calls fail when no answer has come in time. */
export function boundedStore<Store extends object>(
  { name, methods }: StoreDefinition<Store>,
  store: Store,
): Store {
  const bounded = methods.map((method) => [
    method,
    (...parameters: unknown[]) =>
      bound(name, (Reflect.get(store, method) as Method).apply(store, parameters)),
  ]);
  return Object.fromEntries(bounded);
}

function bound(name: string, answer: unknown): unknown {
  return answer instanceof Promise ? answerWithin(PATIENCE_MS, `stores.${name}`, answer) : answer;
}
