import { AsyncLocalStorage } from 'node:async_hooks';
import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

/** @type {Set<AsyncLocalStorage<unknown>>} */
const inUse = new Set();
for (const name of /** @type {const} */ (['run', 'enterWith'])) {
  const method = AsyncLocalStorage.prototype[name];
  Reflect.set(
    AsyncLocalStorage.prototype,
    name,
    /** @this {AsyncLocalStorage<unknown>} */ function (...parameters) {
      inUse.add(this);
      return Reflect.apply(method, this, parameters);
    },
  );
}

/** What Jest's own environment lets tests pay dearly for. */
export default class Environment extends TestEnvironment {
  /**
   * With an ordinary global object. Jest's goes through an interceptor and a proxy whenever code says `Object` or `Promise`: that alone
   * is a fifth of what a test costs that computes much.
   *
   * @param {ConstructorParameters<typeof TestEnvironment>} parameters
   */
  constructor(...parameters) {
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(...parameters);
    } finally {
      vm.createContext = createContext;
    }
  }

  /**
   * Jest keeps an AsyncLocalStorage for each file of tests and never disables it. Each makes every promise of its process dearer
   * before Node 24: after 20 files, one costs 14 times what it costs in the first.
   *
   * @override
   */
  async teardown() {
    await super.teardown();
    for (const storage of inUse) storage.disable();
    inUse.clear();
  }
}
