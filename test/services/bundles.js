/** Where the bundles are. */
export const FOLDER = 'node_modules/.cache/portcullis-tests';

/** What makes JavaScript of a source. */
export const SWC = /** @type {const} */ ({
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
});

/** How bundles say `import(`, which nobody answers in what V8 takes from its cache. */
export const DYNAMIC_IMPORT = 'import.meta.import(';

/** Our packages, as apps import them. */
export const OURS = {
  '@portcullis/auth': 'libs/auth/src/index.ts',
  '@portcullis/auth/api-key-format': 'libs/auth/src/api-keys/api-key-format.ts',
  '@portcullis/auth/internal': 'libs/auth/src/internal.ts',
  '@portcullis/auth/refresh-token-format': 'libs/auth/src/sessions/refresh-token-format.ts',
  '@portcullis/oauth/login': 'libs/oauth/src/login/index.ts',
  '@portcullis/oauth/server': 'libs/oauth/src/server/index.ts',
  '@portcullis/passkeys': 'libs/passkeys/src/index.ts',
  '@portcullis/redis': 'libs/redis/src/index.ts',
  '@portcullis/sql': 'libs/sql/src/index.ts',
  '@portcullis/sql/postgres': 'libs/sql/src/postgres/index.ts',
  '@portcullis/sql/sqlite': 'libs/sql/src/sqlite/index.ts',
  '@portcullis/testing': 'libs/testing/src/index.ts',
};

/** What tests run as processes of their own: each in a few files, with all that it loads. */
export const PROGRAMS = {
  portcullis: 'libs/cli/src/main.ts',
  sample: 'apps/sample/src/main.ts',
  'dying-app': 'test/sessions/dying-app.js',
  'soak-app': 'test/cluster/soak/soak-app.ts',
  'stopping-app': 'test/storage/stopping-app.js',
  '@portcullis/sql/postgres': OURS['@portcullis/sql/postgres'],
  '@portcullis/sql/sqlite': OURS['@portcullis/sql/sqlite'],
};

/** Nest's packages, and what is imported of each. Any other path into them is not found, rather than loaded as a second copy. */
export const NEST = {
  common: [
    'constants.js',
    'enums/route-paramtypes.enum.js',
    'interfaces/index.js',
    'internal',
    'pipes/validation.pipe.js',
    'utils/load-package.util.js',
    'utils/shared.utils.js',
  ],
  core: ['internal', 'router/legacy-route-converter.js', 'router/route-path-factory.js'],
  microservices: ['microservices-module.js'],
  'platform-express': [],
  'platform-fastify': [],
  'platform-ws': [],
  testing: [],
  websockets: ['internal', 'socket-module.js'],
};
export const NEST_PACKAGES = `@nestjs/(?:${Object.keys(NEST).join('|')})`;

/** For `moduleNameMapper`: our packages from their sources, file by file; our packages, the core alone and Nest's in few files. */
export const ourSources = mapperOf(({ source }) => `<rootDir>/${source}`);
export const ourBundles = mapperOf(({ name }) => `<rootDir>/${FOLDER}/${name}.mjs`);
export const coreBundles = Object.fromEntries(
  Object.entries(ourBundles).filter(([name]) => name.startsWith('^@portcullis/auth')),
);
export const nestBundles = {
  [`^(${NEST_PACKAGES}(?:/.+?)?)(?:\\.js)?$`]: `<rootDir>/${FOLDER}/$1.mjs`,
};

/** @param {(entry: { readonly name: string; readonly source: string }) => string} placeOf */
function mapperOf(placeOf) {
  return Object.fromEntries(
    Object.entries(OURS).map(([name, source]) => [`^${name}$`, placeOf({ name, source })]),
  );
}
