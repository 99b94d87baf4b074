import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transform } from '@swc/core';
import { OURS, SWC } from './bundles.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What is imported by name, and not by its place. */
export const BARE = /^[^./]/;

/**
 * What all bundles have in common.
 *
 * @satisfies {import('esbuild').BuildOptions}
 */
export const COMMON = /** @type {const} */ ({
  absWorkingDir: ROOT,
  outExtension: { '.js': '.mjs' },
  chunkNames: 'chunks/[hash]',
  bundle: true,
  // What two entries have in common is there once.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: SWC.jsc.target,
  // Nest says them in its messages.
  keepNames: true,
  // Packages in CommonJS ask Node for its modules by a function that ES modules have not.
  banner: {
    js: `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);`,
  },
});

/**
 * Takes our packages from their sources.
 *
 * @param {import('esbuild').PluginBuild} build
 */
export function takeOurs({ onResolve }) {
  onResolve({ filter: BARE }, ({ path }) => {
    const source = Object.entries(OURS).find(([name]) => name === path)?.[1];
    if (source !== undefined) return { path: join(ROOT, source) };
    return Object.values(OURS).includes(path) ? { path: join(ROOT, path) } : undefined;
  });
}

/**
 * Compiles our sources as they are compiled for tests. They find the files beside them where they look.
 *
 * @param {import('esbuild').PluginBuild} build
 */
export function compileOurs({ onLoad }) {
  onLoad({ filter: /\.ts$/ }, async ({ path }) => {
    const options = { ...SWC, filename: path, swcrc: false, configFile: false };
    const { code } = await transform(
      await readFile(path, 'utf8'),
      /** @type {import('@swc/core').Options} */ (options),
    );
    return { contents: code.replaceAll('import.meta.url', `'${pathToFileURL(path)}'`), loader: 'js' };
  });
}

/** @param {string} folder one of `libs/<package>` */
export function packageAbove(folder) {
  return folder.slice(0, ROOT.length) + folder.slice(ROOT.length).split('/').slice(0, 2).join('/');
}

/** @param {readonly string[]} names */
export function isOfPackage(names) {
  return new RegExp(`^(?:${names.join('|')})(?:/|$)`);
}
