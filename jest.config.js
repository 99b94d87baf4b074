import { availableParallelism } from 'node:os';

/**
 * The same packages as their makers publish them in one file each: every spec loads them anew, and of 1,200 files these are 550.
 * Processes that tests start load what an app loads.
 */
const bundles = {
  '^rxjs(/operators)?$': '<rootDir>/node_modules/rxjs/dist/bundles/rxjs.umd.min.js',
  '^class-validator$': '<rootDir>/node_modules/class-validator/bundles/class-validator.umd.min.js',
};

/** What all lanes have in common. Jest runs the sources themselves, as ES modules: nothing has to be built first. */
const shared = {
  testEnvironment: '<rootDir>/test/services/environment.js',
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/test'],
  modulePathIgnorePatterns: ['/dist/', '<rootDir>/test/fixtures/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^@portcullis/auth/api-key-format$': '<rootDir>/libs/auth/src/api-keys/api-key-format.ts',
    '^@portcullis/auth/internal$': '<rootDir>/libs/auth/src/internal.ts',
    '^@portcullis/auth/refresh-token-format$': '<rootDir>/libs/auth/src/sessions/refresh-token-format.ts',
    '^@portcullis/sql/(\\w+)$': '<rootDir>/libs/sql/src/$1/index.ts',
    '^@portcullis/(\\w+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
    ...bundles,
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};

/** Three lanes, told apart by the ends of file names: a spec whose name promises no server finds none. */
export default {
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['**/*.spec.ts'] },
    { ...shared, displayName: 'e2e', testMatch: ['**/*.e2e-spec.ts'] },
    {
      ...shared,
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
  reporters: ['default', '<rootDir>/test/services/engines-reporter.js'],
};
