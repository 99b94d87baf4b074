import { availableParallelism } from 'node:os';
import { coreBundles, nestBundles, ourBundles, ourSources, SWC } from './test/services/bundles.js';

/**
 * The same packages as their makers publish them in one file each: every spec loads them anew, and of 1,200 files these are 550.
 * Processes that tests start load what an app loads.
 */
const bundles = {
  '^rxjs(/operators)?$': '<rootDir>/node_modules/rxjs/dist/bundles/rxjs.umd.min.js',
  '^class-validator$': '<rootDir>/node_modules/class-validator/bundles/class-validator.umd.min.js',
};

/** What all lanes have in common. Jest runs what our sources say now, as ES modules: nothing has to be built first. */
const shared = {
  testEnvironment: '<rootDir>/test/services/environment.js',
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/test'],
  modulePathIgnorePatterns: ['/dist/', '<rootDir>/test/fixtures/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', SWC] },
};
const others = { '^(\\.{1,2}/.*)\\.js$': '$1', ...nestBundles, ...bundles };
/** Specs of a file beside them load that file and what it imports; those of whole apps load our packages as apps do, from few files. */
const core = { ...shared, moduleNameMapper: { ...ourSources, ...others } };
/** Of the packages around it, those of that package alone: they load the core as apps do. */
const around = { ...shared, moduleNameMapper: { ...ourSources, ...coreBundles, ...others } };
const whole = { ...shared, moduleNameMapper: { ...ourBundles, ...others } };

/** Three lanes, told apart by the ends of file names: a spec whose name promises no server finds none. */
export default {
  projects: [
    { ...core, displayName: 'unit', testMatch: ['**/libs/auth/**/*.spec.ts'] },
    { ...around, displayName: 'unit', testMatch: ['**/*.spec.ts', '!**/libs/auth/**'] },
    {
      ...whole,
      displayName: 'e2e',
      testMatch: ['**/*.e2e-spec.ts'],
      globalSetup: '<rootDir>/test/services/make-programs.js',
    },
    {
      ...whole,
      displayName: 'servers',
      testMatch: ['**/*.servers-spec.ts'],
      globalSetup: '<rootDir>/test/services/find-servers.js',
    },
  ],
  // Ten processes may take longer to start than Jest's five seconds where the machine is busy; what hangs still fails.
  testTimeout: 30_000,
  // Tests that run side by side in one file mostly wait.
  maxConcurrency: 20,
  // Many tests wait for servers, processes and time: with three workers on two cores neither is idle.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  // Modules of finished files are not given back.
  workerIdleMemoryLimit: '1GB',
  globalSetup: '<rootDir>/test/services/setup.js',
  globalTeardown: '<rootDir>/test/services/teardown.js',
  testSequencer: '<rootDir>/test/services/sequencer.js',
  reporters: ['default', '<rootDir>/test/services/engines-reporter.js'],
};
