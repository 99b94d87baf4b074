import { arrowsOf, undeclared, unneeded, upward } from './arrows.js';
import type { Import } from './imports.js';
import type { PackageRow, PackageTable, Reasons, Row } from './tables.js';

/** An import that leaves its package, or may. */
interface Crossing extends Import {
  /** The package that imports. */
  readonly owner: string;
  /** What that package may import here: its specs may import more than its other files. */
  readonly may: { readonly imports: Reasons; readonly byPath: Reasons };
  /** The package by itself, or its specs. */
  readonly row: string;
  /** The package of ours that is imported by its name. */
  readonly named: string | undefined;
}

/** What is wrong between the packages. The files are their sources, and their `package.json`. */
export function packageViolations(
  files: ReadonlyMap<string, string>,
  imports: readonly Import[],
  packages: PackageTable,
): string[] {
  const crossings = imports.flatMap((one) => crossingOf(one, packages) ?? []);
  return [
    ...tableViolations(files, packages),
    ...nameViolations(crossings, packages),
    ...hiddenParts(crossings, files, packages),
    ...waysOut(crossings),
    ...computed(crossings, packages),
    ...unusedDoors(crossings, packages),
  ];
}

function crossingOf(one: Import, packages: PackageTable): Crossing | undefined {
  const owner = ownerOf(one.file, packages);
  const row = owner === undefined ? undefined : packages[owner];
  if (owner === undefined || row === undefined) return undefined;
  const named = packageIn(one.specifier, packages);
  const isForeign = one.target === undefined && named === undefined && one.specifier !== undefined;
  if (isForeign || staysIn(row.folder, one)) return undefined;
  const isSpec = /\.(servers-)?spec(-support)?\.ts$/.test(one.file);
  return {
    ...one,
    owner,
    named,
    row: isSpec ? specsOf(owner) : owner,
    may: {
      imports: { ...row.imports, ...(isSpec && row.specs?.imports) },
      byPath: { ...row.byPath, ...(isSpec && row.specs?.byPath) },
    },
  };
}

/** What was built of a package is no part of its sources: by it each room could be reached past the walls. */
function staysIn(folder: string, { target = '' }: Import): boolean {
  return target.startsWith(`${folder}/`) && !target.startsWith(`${folder}/dist/`);
}

function tableViolations(files: ReadonlyMap<string, string>, packages: PackageTable): string[] {
  const owners = new Set<string>();
  const strangers = new Set<string>();
  for (const file of files.keys()) {
    if (!file.endsWith('.ts')) continue;
    const owner = ownerOf(file, packages);
    if (owner === undefined) strangers.add(file.split('/', 2).join('/'));
    else owners.add(owner);
  }
  return [
    ...[...strangers].map((folder) => `${folder} is not in the table of packages`),
    ...Object.keys(packages)
      .filter((name) => !owners.has(name))
      .map((name) => `${name} stands in the table of packages, but holds no file`),
  ];
}

/** Packages that are imported by name though they may not be, and the other way round. */
function nameViolations(crossings: readonly Crossing[], packages: PackageTable): string[] {
  const arrows = arrowsOf(crossings, ({ row, named }) => [row, named]);
  const table = (forSpecs: (row: PackageRow) => Reasons): Record<string, Row> =>
    Object.fromEntries(
      Object.entries(packages).flatMap(([name, row]) => [
        [name, row],
        [specsOf(name), { holds: row.holds, imports: forSpecs(row) }],
      ]),
    );
  return [
    ...undeclared(
      table(({ imports, specs }) => ({ ...imports, ...specs?.imports })),
      arrows,
    ),
    ...unneeded(
      table(({ specs }) => specs?.imports ?? {}),
      arrows,
    ),
    ...upward(packages),
  ];
}

/** A package is imported as far as its package.json exports it. */
function hiddenParts(
  crossings: readonly Crossing[],
  files: ReadonlyMap<string, string>,
  packages: PackageTable,
): string[] {
  const exported = new Map(
    Object.entries(packages).map(([name, { folder }]) => {
      const { exports = {} } = JSON.parse(files.get(`${folder}/package.json`) ?? '{}');
      return [name, Object.keys(exports).map((part) => part.replace(/^\./, name))];
    }),
  );
  return crossings
    .filter(({ named = '', specifier = '', may }) => {
      const isAllowed = may.imports[named] !== undefined;
      return isAllowed && !exported.get(named)?.includes(specifier);
    })
    .map(({ file, specifier, named }) => `${file} imports ${specifier}, which ${named} does not export`);
}

/** A path stays in its package; a package is imported by its name. */
function waysOut(crossings: readonly Crossing[]): string[] {
  return crossings
    .filter(({ target, may }) => {
      const doors = Object.keys(may.byPath);
      return target !== undefined && !doors.some((folder) => target.startsWith(`${folder}/`));
    })
    .map(({ file, specifier, owner }) => `${file} imports ${specifier}, a path that leaves ${owner}`);
}

function computed(crossings: readonly Crossing[], packages: PackageTable): string[] {
  return crossings
    .filter(({ specifier, owner }) => specifier === undefined && packages[owner]?.computed === undefined)
    .map(({ file }) => `${file} imports what only running tells`);
}

/** Folders that may be imported by path, but are not. */
function unusedDoors(crossings: readonly Crossing[], packages: PackageTable): string[] {
  const unused = (name: string, byPath: Reasons = {}) =>
    Object.keys(byPath)
      .filter(
        (folder) => !crossings.some(({ row, target }) => row === name && target?.startsWith(`${folder}/`)),
      )
      .map((folder) => `${name} -> ${folder} stands in the table, but no import needs it`);
  return Object.entries(packages).flatMap(([name, { byPath, specs }]) => [
    ...unused(name, byPath),
    ...unused(specsOf(name), specs?.byPath),
  ]);
}

function ownerOf(file: string, packages: PackageTable): string | undefined {
  return Object.keys(packages).find((name) => file.startsWith(`${packages[name]?.folder}/`));
}

/** The package of ours that a specifier names, also one that is not in the table. */
function packageIn(specifier = '', packages: PackageTable): string | undefined {
  if (specifier.startsWith('.')) return undefined;
  const scoped = /^@portcullis\/[^/]+/.exec(specifier)?.[0];
  const [first = ''] = specifier.split('/');
  return scoped ?? (Object.hasOwn(packages, first) ? first : undefined);
}

function specsOf(name: string): string {
  return `${name} (specs)`;
}
