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
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';
import { build } from 'esbuild';
import { FOLDER, NEST, NEST_PACKAGES, OURS, SWC } from './bundles.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
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
    filesOf(Object.entries(OURS), { name: 'ours', setup: buildOurs }),
    filesOf(
      nest.map((name) => [name.replace(/\.js$/, ''), name]),
      { name: 'nest', setup: buildNest },
    ),
  ]);
  for (const { path, contents } of made.flat()) replace(path, contents);
  removeOutdated(new Set(made.flat().map(({ path }) => path)));
}

/**
 * @param {[name: string, source: string][]} entries
 * @param {import('esbuild').Plugin} plugin
 */
async function filesOf(entries, plugin) {
  const { outputFiles } = await build({
    entryPoints: Object.fromEntries(entries),
    absWorkingDir: ROOT,
    outdir: FOLDER,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[hash]',
    plugins: [plugin],
    bundle: true,
    // What two entries have in common is there once.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: SWC.jsc.target,
    // Nest says them in its messages.
    keepNames: true,
    sourcemap: 'linked',
    write: false,
  });
  return outputFiles;
}

const BARE = /^[^./]/;

/** @param {import('esbuild').PluginBuild} build */
function buildOurs({ onResolve, onLoad }) {
  onResolve({ filter: BARE }, ({ path, resolveDir }) => {
    const source = Object.entries(OURS).find(([name]) => name === path)?.[1];
    if (source !== undefined) return { path: join(ROOT, source) };
    if (Object.values(OURS).includes(path)) return { path: join(ROOT, path) };
    // A package that only one of ours has would not be found from elsewhere.
    return existsSync(join(packageAbove(resolveDir), 'node_modules', path))
      ? undefined
      : { path, external: true };
  });
  onLoad({ filter: /\.ts$/ }, async ({ path }) => {
    const options = { ...SWC, filename: path, swcrc: false, configFile: false };
    const { code } = await transform(
      readFileSync(path, 'utf8'),
      /** @type {import('@swc/core').Options} */ (options),
    );
    return { contents: code, loader: 'js' };
  });
}

/** @param {string} folder one of `libs/<package>` */
function packageAbove(folder) {
  return folder.slice(0, ROOT.length) + folder.slice(ROOT.length).split('/').slice(0, 2).join('/');
}

/** @param {import('esbuild').PluginBuild} build */
function buildNest({ onResolve }) {
  onResolve({ filter: BARE }, ({ path }) =>
    new RegExp(`^${NEST_PACKAGES}(?:/|$)`).test(path) ? undefined : { path, external: true },
  );
}

/**
 * At once, and only where something has changed.
 *
 * @param {string} path
 * @param {Uint8Array} contents
 */
function replace(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, path);
}

/** @param {ReadonlySet<string>} current */
function removeOutdated(current) {
  const chunks = join(ROOT, FOLDER, 'chunks');
  for (const path of readdirSync(chunks).map((name) => join(chunks, name)))
    if (!current.has(path) && statSync(path).mtimeMs < Date.now() - OUTDATED_KEPT_FOR_MS)
      rmSync(path, { force: true });
}
