/** Two instances of one store as if they were one: of calls at the same time every other one goes to the other instance. */
export function inTurns<Store extends object>(one: Store, other: Store): Store {
  let calls = 0;
  return new Proxy(one, {
    get(_, method) {
      const instance = calls++ % 2 === 0 ? one : other;
      const operation: unknown = Reflect.get(instance, method);
      return typeof operation === 'function' ? operation.bind(instance) : operation;
    },
  });
}
