import assert, { AssertionError } from 'node:assert';
import type { StoreContract } from './store-contract.js';

/** What a store that is otherwise sound does wrong. */
export type Defect<Store> = (sound: Store) => Partial<Store>;

/** Defects by the promise that each of them breaks at least. */
export type Defects<Store> = Readonly<Record<string, Defect<Store> | readonly Defect<Store>[]>>;

/** A test of a contract itself; it needs no particular test runner. */
interface Check {
  readonly name: string;
  verify(): Promise<void>;
}

/** That every promise of a contract catches the defects that are named after it, of which it has one at least. */
export function checksOf<Store extends object>(
  sound: () => Store,
  contract: StoreContract<Store>,
  defects: Defects<Store>,
): readonly Check[] {
  const caught = contract.flatMap(({ name, verify }) =>
    defectsOf(defects, name).map((defect, index) => ({
      name: `catches a store that breaks: ${name}${index === 0 ? '' : ` (${index + 1})`}`,
      verify: () => assert.rejects(verify(withDefect(sound(), defect)), AssertionError),
    })),
  );
  const names = contract.map(({ name }) => name);
  const complete = {
    name: 'has no case that can not fail, and each but once',
    verify: async () => assert.deepEqual(names.toSorted(), Object.keys(defects).toSorted()),
  };
  return [...caught, complete];
}

function defectsOf<Store>(defects: Defects<Store>, name: string): readonly Defect<Store>[] {
  const given = defects[name] ?? [];
  return typeof given === 'function' ? [given] : given;
}

function withDefect<Store extends object>(store: Store, defect: Defect<Store>): Store {
  const changes = defect(store);
  return new Proxy(store, {
    get(_, method) {
      const operation: unknown = Reflect.get(method in changes ? changes : store, method);
      return typeof operation === 'function' ? operation.bind(store) : operation;
    },
  });
}

/** Lets every call that was made at the same time get this far before one goes on. */
export async function pause(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await null;
}

/** A write that loses what comes while it is under way, as reading, changing and writing back does. */
export function lossy<T>(write: (value: T) => Promise<void>): (value: T) => Promise<void> {
  let writing = false;
  return async (value) => {
    if (writing) return;
    writing = true;
    await pause();
    writing = false;
    await write(value);
  };
}
