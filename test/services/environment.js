import { AsyncLocalStorage } from 'node:async_hooks';
import v8 from 'node:v8';
import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';
import { compileOnce } from './code-cache.js';
import { SHORT_LIVED } from './short-lived.js';

compileOnce();
// What a file of tests has run is thrown away with it.
for (const option of SHORT_LIVED) v8.setFlagsFromString(option);

const { run } = AsyncLocalStorage.prototype;
/** @type {Set<AsyncLocalStorage<unknown>>} what tests have used of it, as oidc-provider does */
const traced = new Set();
/**
 * Jest runs each test and hook within an AsyncLocalStorage, to know whose an error is that nobody has caught. Before Node 24 every promise
 * is traced for it, which is up to a tenth of what tests of apps cost. Without it, such an error fails the file.
 *
 * @param {unknown} store
 * @param {(...parameters: unknown[]) => unknown} callback
 * @param {unknown[]} parameters
 * @this {AsyncLocalStorage<unknown>}
 */
function runUntraced(store, callback, ...parameters) {
  if (isOfJest(store)) return callback(...parameters);
  traced.add(this);
  return Reflect.apply(run, this, [store, callback, ...parameters]);
}
Reflect.set(AsyncLocalStorage.prototype, 'run', runUntraced);

/** @param {unknown} store */
function isOfJest(store) {
  return typeof store === 'object' && store !== null && 'test' in store;
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
   * Promises would be traced for what has ended in all files that the same worker runs later.
   *
   * @override
   */
  async teardown() {
    await super.teardown();
    for (const storage of traced) storage.disable();
    traced.clear();
  }
}
