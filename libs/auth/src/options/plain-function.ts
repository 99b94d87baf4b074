/** Whether something can be called for an answer: no class, and none of those built in, which answer whatever they are asked. */
export function isPlainFunction(value: unknown): value is (...given: never[]) => unknown {
  return typeof value === 'function' && !isClass(value);
}

/** The prototype of a class can't be replaced, that of a function can; arrows and methods have none. */
export function isClass(value: unknown): boolean {
  return (
    typeof value === 'function' && Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false
  );
}

/** Whether it can be, and none of its answers is a promise or a generator, which whoever needs one at once would take for a yes or a no. */
export function answersAtOnce(value: unknown): value is (...given: never[]) => unknown {
  return isPlainFunction(value) && Object.prototype.toString.call(value) === '[object Function]';
}
