/** One promise of a store's port. */
export interface StoreContractCase<Store> {
  /** The promise, in words. */
  readonly name: string;
  /**
   * Checks the promise.
   *
   * @param store a fresh, empty store; the case leaves its data in it
   * @throws AssertionError when the store breaks the promise
   */
  verify(store: Store): Promise<void>;
}

/**
 * Everything that a port promises of its stores. It needs no particular test runner:
 *
 * ```ts
 * describe('SqlBanStore', () => {
 *   for (const { name, verify } of banStoreContract) {
 *     it(name, async () => verify(await emptyStore()));
 *   }
 * });
 * ```
 */
export type StoreContract<Store> = readonly StoreContractCase<Store>[];

/** Texts that a store spoils when it escapes, trims, folds or matches patterns. Each is another one than all others. */
export const ODD_TEXTS: readonly string[] = [
  ...['plain', 'PLAIN', 'Plain', ' plain', 'plain ', 'plain\t', 'plain\n', '\ufeffplain', 'plain\u00a0'],
  ...['pla', 'plain%', 'pl_in', 'pl*in', 'pl?in', 'a:b', 'a::b', 'a,b', 'a b', 'x'.repeat(500)],
  ...["O'Brien", '"quoted"', '`ticked`', 'back\\slash', "'; DROP TABLE keys; --", '$1', ':name', '{"a":1}'],
  ...['__proto__', 'constructor', 'null', 'undefined', 'NaN', '0', '00', '-1', '1e3', 'true'],
  ...['é', 'e\u0301', 'straße', 'STRASSE', 'İ', 'i', '日本', '🔑', 'أ', '\u200b'],
  ...['https://issuer.example', 'https://issuer.example/'],
];

/** The answers of calls that are all made before the first one is answered. */
export function atOnce<T>(count: number, call: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => call(index)));
}

/** The answers of calls of which no more are made at once than a store takes that lets nobody wait for long. */
export async function fiftyAtATime<T, Answer>(
  items: readonly T[],
  call: (item: T) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let start = 0; start < items.length; start += 50)
    answers.push(...(await Promise.all(items.slice(start, start + 50).map((item) => call(item)))));
  return answers;
}

/** Tries to overwrite everything in a value; what is frozen stays, which is as good as a copy. */
export function vandalise(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    vandalise(part);
    Reflect.set(value, key, 'vandalised');
  }
  if (Array.isArray(value) && !Object.isFrozen(value)) value.push('vandalised');
}
