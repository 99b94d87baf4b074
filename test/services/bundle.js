import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { DYNAMIC_IMPORT, FOLDER, NEST, OURS } from './bundles.js';
import { BARE, COMMON, compileOurs, isOfPackage, packageAbove, ROOT, takeOurs } from './bundling.js';

/** As esbuild writes it, and no method of that name. */
const IMPORT = /(?<=[({[<]|[=>?:,] |\b(?:await|return|void) )import\(/g;
/** Another run may be loading what has been replaced meanwhile. */
const OUTDATED_KEPT_FOR_MS = 3_600_000;

/**
 * Makes a few files of the thousand that an app consists of: every file of tests loads them anew. The sources are read each time, so that
 * nothing has to be built first and nothing can be out of date.
 */
export async function bundle() {
  const nest = Object.entries(NEST).flatMap(([name, paths]) =>
    ['', ...paths.map((path) => `/${path}`)].map((path) => `@nestjs/${name}${path}`),
  );
  const made = await Promise.all([
    filesOf({
      entryPoints: OURS,
      plugins: [{ name: 'ours', setup: bundleOurs }],
      sourcemap: 'linked',
    }),
    filesOf({
      entryPoints: Object.fromEntries(nest.map((name) => [name.replace(/\.js$/, ''), name])),
      plugins: [{ name: 'nest', setup: bundleNest }],
    }),
  ]);
  for (const { path, text } of made.flat()) replace(path, text.replaceAll(IMPORT, DYNAMIC_IMPORT));
  removeOutdated(new Set(made.flat().map(({ path }) => path)));
}

/** @param {import('esbuild').BuildOptions} options */
async function filesOf(options) {
  const { outputFiles } = await build({ ...COMMON, ...options, outdir: FOLDER, write: false });
  return outputFiles;
}

/** @param {import('esbuild').PluginBuild} build */
function bundleOurs(build) {
  takeOurs(build);
  build.onResolve({ filter: BARE }, ({ path, resolveDir }) =>
    // A package that only one of ours has would not be found from elsewhere.
    existsSync(join(packageAbove(resolveDir), 'node_modules', path)) ? undefined : { path, external: true },
  );
  compileOurs(build);
}

/**
 * With what only Nest needs. What it leaves to apps to install, our packages and tests load as well, and there must be one of it.
 *
 * @param {import('esbuild').PluginBuild} build
 */
function bundleNest({ onResolve }) {
  const packages = Object.keys(NEST).map((name) => `@nestjs/${name}`);
  const peers = packages.flatMap((name) => {
    const { peerDependencies = {} } = JSON.parse(
      readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'),
    );
    return Object.keys(peerDependencies);
  });
  const left = isOfPackage(peers.filter((name) => !packages.includes(name)));
  onResolve({ filter: BARE }, ({ path }) => (left.test(path) ? { path, external: true } : undefined));
}

/**
 * At once, and only where something has changed.
 *
 * @param {string} path
 * @param {string} text
 */
function replace(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}

/** @param {ReadonlySet<string>} current */
function removeOutdated(current) {
  const chunks = join(ROOT, FOLDER, 'chunks');
  for (const path of readdirSync(chunks).map((name) => join(chunks, name)))
    if (!current.has(path) && statSync(path).mtimeMs < Date.now() - OUTDATED_KEPT_FOR_MS)
      rmSync(path, { force: true });
}
