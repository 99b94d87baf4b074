import { isNativeError } from 'node:util/types';
import vm from 'node:vm';
import { FOLDER } from './bundles.js';

/** @typedef {vm.SourceTextModuleOptions} ModuleOptions */
/** @typedef {{ readonly code: string; readonly data: Buffer }} Compiled */

const IMPORTS = /\bimport\s*\(/;
const { compileFunction, Script, SourceTextModule } = vm;

/**
 * Jest loads all files anew for each file of tests, and compiles them as often: a quarter of what it costs to load an app. A worker
 * compiles each of them once.
 */
export function compileOnce() {
  vm.SourceTextModule = new Proxy(SourceTextModule, {
    construct: (_target, [code, options]) => moduleOf(code, options),
  });
  vm.compileFunction = functionOf;
}

/** @type {Map<string, Compiled>} */
const known = new Map();

/**
 * V8 does not know who answers the `import()` of what it takes from its cache: bundles ask through `import.meta`, others are not kept.
 *
 * @param {string} code
 * @param {ModuleOptions & { readonly identifier: string }} given
 */
function moduleOf(code, given) {
  const { identifier } = given;
  const isBundle = identifier.includes(FOLDER);
  const options = isBundle ? answeringImports(given) : given;
  const compiled = known.get(identifier);
  if (compiled?.code === code)
    try {
      return new SourceTextModule(code, { ...options, cachedData: compiled.data });
    } catch (error) {
      // Another flag of V8 has been set meanwhile.
      if (!wasRejected(error)) throw error;
    }
  const module = new SourceTextModule(code, options);
  if (isBundle || !IMPORTS.test(code)) known.set(identifier, { code, data: dataOf(module) });
  return module;
}

/**
 * Node's types do not know of it.
 *
 * @param {object} module
 * @returns {Buffer}
 */
function dataOf(module) {
  return /** @type {{ createCachedData(): Buffer }} */ (module).createCachedData();
}

/**
 * @param {ModuleOptions} options
 * @returns {ModuleOptions}
 */
function answeringImports(options) {
  const { initializeImportMeta, importModuleDynamically } = options;
  if (importModuleDynamically === undefined) return options;
  return {
    ...options,
    initializeImportMeta: (meta, module) => {
      initializeImportMeta?.(meta, module);
      const load = async (/** @type {string} */ specifier) => {
        const { namespace } = /** @type {vm.Module} */ (
          await importModuleDynamically(specifier, module, /** @type {any} */ ({}))
        );
        return namespace;
      };
      Object.assign(meta, { import: load });
    },
  };
}

/** @param {unknown} error of the realm for which was compiled */
function wasRejected(error) {
  return isNativeError(error) && 'code' in error && error.code === 'ERR_VM_MODULE_CACHED_DATA_REJECTED';
}

/**
 * V8 keeps scripts by itself, with what has been run of them, where nobody answers their `import()`; functions it does not.
 *
 * @type {typeof compileFunction}
 */
function functionOf(code, parameters = [], options = {}) {
  const { filename, parsingContext } = options;
  if (parsingContext === undefined || IMPORTS.test(code)) return compileFunction(code, parameters, options);
  const head = `(function (${parameters.join(', ')}) {`;
  const script = new Script(`${head}${code}\n})`, { filename, columnOffset: -head.length });
  return script.runInContext(parsingContext);
}
