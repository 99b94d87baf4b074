import { importsOf } from './imports.js';
import { PACKAGES } from './packages.js';
import { RAW_REQUESTS } from './raw-requests.js';
import { roomArrows } from './room-walls.js';
import { ROOMS } from './rooms.js';
import type { PackageTable, Table, Tables } from './tables.js';
import { sourceTree } from './tree.js';
import { violationsIn } from './violations.js';

const TABLES: Tables = { rooms: ROOMS, restricted: RAW_REQUESTS, packages: PACKAGES };

const tree = sourceTree();
const standing = violationsIn(tree, TABLES);

/** Appends to files of the real tree, or adds them, and answers what is wrong then and was not before. */
const wrongWith = (sources: Readonly<Record<string, string>>, tables: Partial<Tables> = {}): string[] => {
  const files = new Map(tree);
  for (const [file, source] of Object.entries(sources)) {
    files.set(file, `${files.get(file) ?? ''}\n${source}`);
  }
  return violationsIn(files, { ...TABLES, ...tables }).filter((line) => !standing.includes(line));
};

/** The table of rooms with one more arrow. */
const withArrow = (from: string, to: string): Table => ({
  ...ROOMS,
  [from]: { holds: '', imports: { ...ROOMS[from]?.imports, [to]: 'scratch' } },
});

const withPackage = (name: string, row: Partial<PackageTable[string]>): PackageTable => ({
  ...PACKAGES,
  [name]: { folder: 'libs/nowhere', holds: '', imports: {}, ...PACKAGES[name], ...row },
});

const auth = (file: string) => `libs/auth/src/${file}`;
const importing = (...specifiers: string[]) => specifiers.map((one) => `import '${one}';`).join('\n');
const isNoCircle = (line: string) => !line.startsWith('a circle');

/** Every room but these, each with a file of it and the way from there to the others. */
const roomsBut = (...others: string[]) =>
  Object.keys(ROOMS)
    .filter((room) => !others.includes(room))
    .map((room) =>
      tree.has(auth(`${room}.ts`))
        ? { room, file: auth(`${room}.ts`), up: '.' }
        : { room, file: auth(`${room}/scratch.ts`), up: '..' },
    );

// `ARROWS=bans npx jest test/architecture` shows every import by which bans/ leaves its room, `ARROWS=all` those of all rooms.
const asked = process.env.ARROWS;
if (asked !== undefined) {
  it('shows the arrows', () => {
    for (const { from, to, by } of roomArrows(importsOf(tree))) {
      if (asked !== 'all' && asked !== from) continue;
      const lines = by.map(({ file, specifier }) => `  ${file} imports ${specifier}\n`);
      process.stdout.write(`${from} -> ${to}: ${ROOMS[from]?.imports[to] ?? '?'}\n${lines.join('')}`);
    }
  });
}

it('the house stands as its tables say', () => {
  expect(standing).toEqual([]);
});

describe('an import is found', () => {
  it.each([
    ["import { a } from './b.js';", { names: ['a'], isType: false }],
    ["import { a as b, type c } from './b.js';", { names: ['a', 'c'], isType: false }],
    ["import type { A } from './b.js';", { names: ['A'], isType: true }],
    ["import { type A, type B } from './b.js';", { names: ['A', 'B'], isType: true }],
    ["import a from './b.js';", { names: ['*'], isType: false }],
    ["import * as a from './b.js';", { names: ['*'], isType: false }],
    ["import './b.js';", { names: [], isType: false }],
    ["import a = require('./b.js');", { names: ['*'], isType: false }],
    ["export { a as b } from './b.js';", { names: ['a'], isType: false }],
    ["export type { A } from './b.js';", { names: ['A'], isType: true }],
    ["export * from './b.js';", { names: ['*'], isType: false }],
    ["export * as a from './b.js';", { names: ['*'], isType: false }],
    ["const a = async () => import('./b.js');", { names: ['*'], isType: false }],
    ['const a = import(`./b.js`);', { names: ['*'], isType: false }],
    ["let a: import('./b.js').A.B | undefined;", { names: ['A'], isType: true }],
    ["let a: typeof import('./b.js');", { names: ['*'], isType: true }],
    ["declare module './b.js' { interface A { b: 1 } }", { names: ['*'], isType: true }],
    ['/// <reference path="b.ts" />', { names: ['*'], isType: true }],
  ])('in %s', (source, expected) => {
    const [found, ...more] = importsOf(new Map(Object.entries({ 'a/a.ts': source, 'a/b.ts': '' })));
    expect(found).toMatchObject({ file: 'a/a.ts', target: 'a/b.ts', ...expected });
    expect(more).toEqual([]);
  });

  it('but not where there is none', () => {
    const source = `// import './b.js';
      const text = "import './b.js'";
      bans.import('./b.js');
      export { text };
      import.meta.url;`;
    expect(importsOf(new Map([['a/a.ts', source]]))).toEqual([]);
  });

  it('also where what it imports is computed', () => {
    const [found] = importsOf(new Map([['a/a.ts', 'await import(name);']]));
    expect(found).toMatchObject({ specifier: undefined, target: undefined });
  });
});

describe('the rooms of libs/auth/src', () => {
  it('import along the arrows of the table only', () => {
    expect(wrongWith({ [auth('leaks/x.ts')]: importing('../bans/lists/y.js', '../bans/z.js') })).toEqual([
      'leaks -> bans: libs/auth/src/leaks/x.ts imports ../bans/lists/y.js (and 1 more)',
    ]);
    expect(wrongWith({ [auth('leaks/x.ts')]: "export type { B } from '../bans/y.js';" })).toEqual([
      'leaks -> bans: libs/auth/src/leaks/x.ts imports ../bans/y.js',
    ]);
    expect(wrongWith({ [auth('leaks/deep/x.ts')]: "declare module '../../page-cursor.js' {}" })).toEqual([
      'leaks -> page-cursor: libs/auth/src/leaks/deep/x.ts imports ../../page-cursor.js',
    ]);
    expect(
      wrongWith({ [auth('bans/lists/x.ts')]: importing('../y.js', './z.js', '../../errors.js') }),
    ).toEqual([]);
  });

  it('are each in the table', () => {
    expect(wrongWith({ [auth('attic/x.ts')]: '', [auth('attic/y.ts')]: '', [auth('shed.ts')]: '' })).toEqual([
      'attic is not in the table of rooms: libs/auth/src/attic/x.ts',
      'shed is not in the table of rooms: libs/auth/src/shed.ts',
    ]);
  });

  it('are all that is in the table', () => {
    expect(wrongWith({}, { rooms: { ...ROOMS, attic: { holds: '', imports: {} } } })).toEqual([
      'attic stands in the table of rooms, but holds no file',
    ]);
  });

  it('need every arrow of the table', () => {
    expect(wrongWith({}, { rooms: withArrow('page-cursor', 'async') })).toEqual([
      'page-cursor -> async stands in the table, but no import needs it',
    ]);
  });

  it('stand in the table from the ground up', () => {
    const source = { [auth('leaks/x.ts')]: importing('../guard/y.js') };
    expect(wrongWith(source, { rooms: withArrow('leaks', 'guard') })).toEqual([
      'leaks -> guard goes up: guard does not stand before leaks in the table',
    ]);
  });

  it('import each other in no circle, whatever the table says', () => {
    const source = { [auth('errors.ts')]: importing('./page-cursor.js') };
    const circle = 'a circle: errors -> page-cursor -> errors';
    expect(wrongWith(source)).toEqual([
      'errors -> page-cursor: libs/auth/src/errors.ts imports ./page-cursor.js',
      circle,
    ]);
    expect(wrongWith(source, { rooms: withArrow('errors', 'page-cursor') })).toEqual([
      'errors -> page-cursor goes up: page-cursor does not stand before errors in the table',
      circle,
    ]);
  });

  it('are named by the shortest circle of a knot, and all of the knot', () => {
    const house = Object.entries({
      a: ['b'],
      b: ['c'],
      c: ['a', 'd'],
      d: ['c', 'e'],
      e: [],
      f: ['g', 'e'],
      g: ['f'],
    }).map(([room, others]): [string, string] => [
      auth(`${room}/x.ts`),
      importing(...others.map((other) => `../${other}/x.js`)),
    ]);
    const lines = violationsIn(new Map(house), { rooms: {}, restricted: [], packages: {} });
    expect(lines.filter((line) => line.startsWith('a circle'))).toEqual([
      'a circle: c -> d -> c, in a knot of a, b, c, d',
      'a circle: f -> g -> f',
    ]);
  });

  it.each(['stores', 'index', 'composition'])('never import %s, but for those on top', (top) => {
    const onTop = ['index', 'composition', ...(top === 'stores' ? ['stores'] : [])];
    const path = top === 'stores' ? 'stores/memory/y' : top;
    const rooms = roomsBut(...onTop);
    const sources = rooms.map(({ file, up }) => [file, importing(`${up}/${path}.js`)]);
    expect(wrongWith(Object.fromEntries(sources)).filter(isNoCircle).sort()).toEqual(
      rooms.map(({ room, file, up }) => `${room} -> ${top}: ${file} imports ${up}/${path}.js`).sort(),
    );
  });

  it('hold specs, which try them with whatever is in the package', () => {
    const source = importing('../stores/memory/y.js', '../index.js', '@portcullis/testing', 'node:http');
    expect(wrongWith({ [auth('access/x.spec.ts')]: source })).toEqual([]);
  });
});

describe('raw requests', () => {
  const refusal = 'only these may: net, request, remote, guard';

  it('are touched by few rooms only', () => {
    const modules = ['node:http', 'node:http2', 'node:https', 'http'];
    expect(wrongWith({ [auth('tokens/x.ts')]: importing(...modules) })).toEqual(
      modules.map((one) => `raw requests: libs/auth/src/tokens/x.ts imports ${one}; ${refusal}`),
    );
    expect(
      wrongWith({ [auth('composition/x.ts')]: "export type { IncomingMessage } from 'node:http';" }),
    ).toEqual([`raw requests: libs/auth/src/composition/x.ts imports node:http; ${refusal}`]);
  });

  it('are typed by some, who take nothing else', () => {
    const only = 'net may take only types: IncomingMessage, IncomingHttpHeaders';
    const net = (source: string) => wrongWith({ [auth('net/x.ts')]: source });
    const line = `raw requests: libs/auth/src/net/x.ts imports node:http; ${only}`;
    expect(net("export type { IncomingMessage } from 'node:http';")).toEqual([]);
    expect(net("export { IncomingMessage } from 'node:http';")).toEqual([line]);
    expect(net("export type { IncomingMessage, Server } from 'node:http';")).toEqual([line]);
    expect(net("export type * from 'node:http';")).toEqual([line]);
    expect(net("export { createServer } from 'node:http';")).toEqual([line]);
    expect(net(importing('node:http'))).toEqual([line]);
  });

  it('come to nobody from a framework', () => {
    const modules = [
      'express',
      'fastify',
      'fastify/types/request.js',
      '@nestjs/platform-express',
      '@nestjs/platform-fastify/x',
    ];
    expect(wrongWith({ [auth('guard/x.ts')]: importing(...modules, 'node:http', 'expressive') })).toEqual(
      modules.map((one) => `web frameworks: libs/auth/src/guard/x.ts imports ${one}; only these may: none`),
    );
  });

  it('are needed by whoever may touch them', () => {
    const restricted = RAW_REQUESTS.map((row) => ({ ...row, rooms: { ...row.rooms, scopes: { why: '' } } }));
    expect(wrongWith({}, { restricted })).toEqual([
      'raw requests: scopes stands in the table, but imports none',
      'web frameworks: scopes stands in the table, but imports none',
    ]);
  });
});

describe('the packages', () => {
  it.each(['access/x.ts', 'stores/x.ts', 'guard/x.ts', 'composition/x.ts'])(
    'are none of the business of libs/auth/src/%s',
    (name) => {
      const others = ['sql', 'redis', 'testing', 'cli', 'auth'].map((other) => `@portcullis/${other}`);
      const file = auth(name);
      const path = '../../../../libs/sql/src/index.js';
      expect(
        wrongWith({ [file]: `export type { X } from 'sample';\n${importing(...others, path)}` }),
      ).toEqual([
        `@portcullis/auth -> sample: ${file} imports sample`,
        ...others.map((other) => `@portcullis/auth -> ${other}: ${file} imports ${other}`),
        `${file} imports ${path}, a path that leaves @portcullis/auth`,
      ]);
    },
  );

  it.each([
    ['@portcullis/sql', '@portcullis/redis', 'libs/sql'],
    ['@portcullis/redis', '@portcullis/sql', 'libs/redis'],
    ['@portcullis/testing', '@portcullis/sql', 'libs/testing'],
    ['@portcullis/cli', '@portcullis/testing', 'libs/cli'],
    ['sample', '@portcullis/testing', 'apps/sample'],
    ['@portcullis/redis', 'sample', 'libs/redis'],
    ['@portcullis/sql', '@portcullis/oauth', 'libs/sql'],
  ])('import along the arrows of the table only: not from %s to %s', (from, to, folder) => {
    const file = `${folder}/src/x.ts`;
    expect(wrongWith({ [file]: importing(to) })).toEqual([`${from} -> ${to}: ${file} imports ${to}`]);
  });

  it('import for their specs what the table says of specs', () => {
    const file = 'libs/sql/src/x.spec.ts';
    const source = importing(
      '@portcullis/auth',
      '@portcullis/testing',
      '../../../test/support/any-postgres.js',
    );
    expect(wrongWith({ [file]: source })).toEqual([]);
    expect(wrongWith({ [file]: importing('@portcullis/redis') })).toEqual([
      '@portcullis/sql (specs) -> @portcullis/redis: libs/sql/src/x.spec.ts imports @portcullis/redis',
    ]);
    expect(wrongWith({ 'libs/sql/src/x.ts': importing('../../../test/support/any-postgres.js') })).toEqual([
      'libs/sql/src/x.ts imports ../../../test/support/any-postgres.js, a path that leaves @portcullis/sql',
    ]);
  });

  it.each([
    ['libs/sql/src/x.ts', '../../auth/src/index.js', '@portcullis/sql'],
    ['libs/sql/src/x.spec.ts', '../../../libs/auth/src/index.js', '@portcullis/sql'],
    ['libs/sql/src/x.ts', '../../../node_modules/@portcullis/auth/dist/index.js', '@portcullis/sql'],
    ['libs/sql/src/x.ts', '/work/libs/auth/src/index.js', '@portcullis/sql'],
    ['libs/sql/src/x.ts', '../dist/index.js', '@portcullis/sql'],
    ['apps/sample/src/x.ts', '../../../libs/auth/src/index.js', 'sample'],
    ['test/x.e2e-spec.ts', '../libs/auth/src/index.js', 'test'],
    ['bench/src/x.ts', '../../libs/auth/src/index.js', 'bench'],
    ['bench/src/x.ts', '../../apps/sample/src/main.js', 'bench'],
  ])('are imported by name: not in %s by %s', (file, path, from) => {
    expect(wrongWith({ [file]: importing(path) })).toEqual([
      `${file} imports ${path}, a path that leaves ${from}`,
    ]);
  });

  it('are imported by path where the table says so, and within themselves', () => {
    expect(
      wrongWith({
        'apps/sample/src/parcels/x.ts': importing('../main.js', '@portcullis/auth'),
        'test/e2e/x.e2e-spec.ts': importing('../../apps/sample/src/main.js', '../support/http.js'),
        'bench/src/x.ts': importing('../../libs/auth/dist/bans/y.js', './micro/bans.js'),
      }),
    ).toEqual([]);
  });

  it('are imported as far as their package.json exports them', () => {
    expect(wrongWith({ 'libs/sql/src/x.ts': importing('@portcullis/auth/api-key-format') })).toEqual([]);
    for (const file of [
      'libs/sql/src/x.ts',
      'libs/sql/src/x.spec.ts',
      'test/x.e2e-spec.ts',
      'bench/src/x.ts',
    ]) {
      expect(wrongWith({ [file]: importing('@portcullis/auth/bans') })).toEqual([
        `${file} imports @portcullis/auth/bans, which @portcullis/auth does not export`,
      ]);
    }
  });

  it('name what they import, so that reading tells', () => {
    expect(wrongWith({ 'libs/sql/src/x.ts': "await import('@portcullis/' + name);" })).toEqual([
      'libs/sql/src/x.ts imports what only running tells',
    ]);
  });

  it('are each in the table, and all that is in it', () => {
    expect(wrongWith({ 'libs/attic/src/x.ts': '', 'libs/attic/src/y.ts': '' })).toEqual([
      'libs/attic is not in the table of packages',
    ]);
    expect(wrongWith({}, { packages: withPackage('@portcullis/attic', {}) })).toEqual([
      '@portcullis/attic stands in the table of packages, but holds no file',
    ]);
  });

  it('need every arrow of the table, and stand in it from the ground up', () => {
    const imports = { '@portcullis/cli': 'scratch' };
    expect(wrongWith({}, { packages: withPackage('bench', { imports }) })).toContain(
      'bench -> @portcullis/cli stands in the table, but no import needs it',
    );
    expect(wrongWith({}, { packages: withPackage('@portcullis/redis', { specs: { imports } }) })).toEqual([
      '@portcullis/redis (specs) -> @portcullis/cli stands in the table, but no import needs it',
    ]);
    expect(wrongWith({}, { packages: withPackage('sample', { byPath: { test: 'scratch' } }) })).toEqual([
      'sample -> test stands in the table, but no import needs it',
    ]);
    expect(wrongWith({}, { packages: withPackage('@portcullis/auth', { imports }) })).toContain(
      '@portcullis/auth -> @portcullis/cli goes up: @portcullis/cli does not stand before @portcullis/auth in the table',
    );
  });
});
