/** Jest runs the sources themselves, as ES modules: nothing has to be built first. */
export default {
  testEnvironment: 'node',
  // Ten processes may take longer to start than Jest's five seconds where the machine is busy; what hangs still fails.
  testTimeout: 30_000,
  // Many tests wait for servers and processes: a core that is left free, as by default, does nothing.
  maxWorkers: '100%',
  // Modules of finished files are not given back.
  workerIdleMemoryLimit: '1GB',
  globalSetup: '<rootDir>/test/services/setup.js',
  globalTeardown: '<rootDir>/test/services/teardown.js',
  reporters: ['default', '<rootDir>/test/services/engines-reporter.js'],
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts', '**/*.e2e-spec.ts'],
  modulePathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^@portcullis/auth/api-key-format$': '<rootDir>/libs/auth/src/api-keys/api-key-format.ts',
    '^@portcullis/sql/(\\w+)$': '<rootDir>/libs/sql/src/$1/index.ts',
    '^@portcullis/(\\w+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
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
