import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { FOLDER, OURS, PROGRAMS } from './bundles.js';
import { BARE, COMMON, compileOurs, ROOT, takeOurs } from './bundling.js';

const PROGRAMS_FOLDER = join(ROOT, FOLDER, 'programs');
/** Another run may have started them. */
const OUTDATED_KEPT_FOR_MS = 3_600_000;

/**
 * Makes the programs that tests start as processes: of two thousand files an app takes three times as long to start. They are made of
 * what the sources say now, and kept as long as that stays the same.
 *
 * @returns the folder in which they are
 */
export async function bundlePrograms() {
  const folder = join(PROGRAMS_FOLDER, digestOfSources());
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${process.pid}`;
  await build({
    ...COMMON,
    entryPoints: PROGRAMS,
    outdir: draft,
    plugins: [{ name: 'programs', setup: bundleAll }],
    // A package in CommonJS that is imported later would come from its file without its names.
    splitting: false,
    // Half of the time in which they start is that in which they are read.
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: 'error',
  });
  try {
    renameSync(draft, folder);
  } catch (error) {
    // Another run was faster.
    if (!existsSync(folder)) throw error;
    rmSync(draft, { recursive: true });
  }
  removeOutdated(folder);
  return folder;
}

/** @param {import('esbuild').PluginBuild} build */
function bundleAll(build) {
  takeOurs(build);
  compileOurs(build);
  // By a function of its own Nest would load all of itself once more, from where it is installed.
  build.onLoad({ filter: /@nestjs\/.*\.js$/ }, ({ path }) => ({
    contents: readFileSync(path, 'utf8').replace(
      /^const require = createRequire\(import\.meta\.url\);$/m,
      '',
    ),
  }));
  build.onResolve({ filter: READERS }, ({ path }) => ({ path, external: true }));
  build.onResolve({ filter: BARE }, async ({ path, pluginData, ...from }) => {
    if (pluginData === ASKED || isPackage(path)) return undefined;
    const found = await build.resolve(path, { ...from, pluginData: ASKED });
    // What nobody has installed is asked for in vain.
    return found.errors.length > 0 ? { path, external: true } : found;
  });
}

const ASKED = {};
/** They read what is beside them. */
const READERS = /^(?:@libsql\/client|@node-rs\/argon2|swagger-ui-dist)(?:\/|$)/;

/** @param {string} path */
function isPackage(path) {
  return /^(?:@[^/]+\/)?[^/]+$/.test(path) && existsSync(join(ROOT, 'node_modules', path));
}

function digestOfSources() {
  const digest = createHash('sha256');
  const sources = [...Object.values(PROGRAMS), ...Object.values(OURS)];
  const folders = [...new Set(sources.map(dirname))];
  for (const folder of [...folders, 'test/services'])
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).toSorted())
      if (/(?<!spec)\.(?:js|ts)$/.test(name))
        digest.update(name).update(readFileSync(join(ROOT, folder, name)));
  return digest
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex')
    .slice(0, 16);
}

/** @param {string} current */
function removeOutdated(current) {
  for (const folder of readdirSync(PROGRAMS_FOLDER).map((name) => join(PROGRAMS_FOLDER, name)))
    if (folder !== current && statSync(folder).mtimeMs < Date.now() - OUTDATED_KEPT_FOR_MS)
      rmSync(folder, { recursive: true, force: true });
}
