import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

type Placed = readonly [file: string, source: string];

/** Its sources are put into a tree that Biome then checks. Who may import whom is held by `architecture/`. */
interface Wall {
  readonly name: string;
  /** The rule, or the start of the message, that every refused source must meet. */
  readonly refusal: string;
  readonly refused: readonly Placed[];
  /** The innocent siblings: nothing at all may be said about them. */
  readonly accepted: readonly Placed[];
}

/** Every file importing every module. */
const imports = (files: readonly string[], modules: readonly string[]): Placed[] =>
  files.flatMap((file) => modules.map((module) => [file, `import '${module}';`] as const));

const lines = (count: number, separator = '\n') =>
  Array.from({ length: count }, (_, index) => `export const line${index} = ${index};`).join(separator);

const auth = (...files: string[]) => files.map((file) => `libs/auth/src/${file}`);
const CORNERS = auth('access/corner.ts', 'composition/portcullis.module.ts', 'guard/corner.ts');

const WALLS: readonly Wall[] = [
  {
    name: 'a package imports only what its package.json ships: no driver, no test tool, no stray arrow',
    refusal: 'noUndeclaredDependencies',
    refused: [
      ...imports(CORNERS, ['pg', 'ioredis', '@libsql/client', 'better-sqlite3', 'mysql2', 'mongodb']),
      ...imports(CORNERS, [
        '@simplewebauthn/server',
        '@portcullis/passkeys',
        'oidc-provider',
        'openid-client',
      ]),
      ...imports(CORNERS, ['@nestjs/testing', '@jest/globals', 'supertest', 'fast-check']),
      ...imports(
        ['sql', 'redis', 'passkeys', 'oauth', 'cli'].map((name) => `libs/${name}/src/tool.ts`),
        ['@portcullis/testing'],
      ),
      ...imports(['apps/sample/src/tool.ts'], ['@portcullis/testing']),
      ...imports(['libs/redis/src/arrow.ts'], ['@portcullis/sql', 'sample']),
    ],
    accepted: [
      ...imports(auth('tokens/declared.ts'), ['jose']),
      ...imports(
        ['sql', 'redis', 'passkeys', 'oauth', 'testing', 'cli'].map((name) => `libs/${name}/src/arrow.ts`),
        ['@portcullis/auth'],
      ),
      ...imports(
        [
          ...auth('access/tool.spec.ts', 'stores/memory/tool.spec.ts', 'guard/tool.spec.ts'),
          ...[
            'libs/sql/src/tool.spec.ts',
            'apps/sample/src/tool.spec.ts',
            'test/tool.e2e-spec.ts',
            'bench/tool.ts',
          ],
        ],
        ['@portcullis/testing', 'supertest'],
      ),
    ],
  },
  {
    name: 'no circular import, not even of types',
    refusal: 'noImportCycles',
    refused: [
      ['libs/auth/src/access/ring-a.ts', "import { b } from '../bans/ring-b.js';\nexport const a = b;"],
      ['libs/auth/src/bans/ring-b.ts', "import { a } from '../access/ring-a.js';\nexport const b = a;"],
      ['libs/auth/src/access/ring-c.ts', "import type { D } from './ring-d.js';\nexport type C = D[];"],
      ['libs/auth/src/access/ring-d.ts', "import type { C } from './ring-c.js';\nexport type D = C | 1;"],
    ],
    accepted: [['libs/auth/src/access/straight.ts', "export { a } from './ring-a.js';"]],
  },
  {
    name: 'no import of oneself',
    refusal: 'noSelfImport',
    refused: [['libs/auth/src/access/self.ts', "export { a as b } from './self.js';\nexport const a = 1;"]],
    accepted: [],
  },
  {
    name: 'no way around the walls by require',
    refusal: 'noCommonJs',
    refused: [['libs/auth/src/access/require.ts', "export const pg = require('pg');"]],
    accepted: [],
  },
  {
    name: 'a file fits one sitting',
    refusal: 'noExcessiveLinesPerFile',
    refused: [
      ['libs/auth/src/access/long.ts', lines(251)],
      ['libs/auth/src/access/long.spec.ts', lines(501)],
    ],
    accepted: [
      ['libs/auth/src/access/sitting.ts', lines(250, '\n\n')],
      ...['libs/auth/src/access/sitting.spec.ts', 'test/sitting.ts', 'bench/sitting.ts'].map(
        (file): Placed => [file, lines(500, '\n\n')],
      ),
    ],
  },
  {
    name: 'a library prints nothing',
    refusal: 'noConsole',
    refused: [['libs/auth/src/access/print.ts', "console.log('hello');"]],
    accepted: ['apps/sample/src/print.ts', 'test/print.ts', 'bench/print.ts'].map(
      (file): Placed => [file, "console.log('hello');"],
    ),
  },
  {
    name: 'no promise floats',
    refusal: 'noFloatingPromises',
    refused: [['libs/auth/src/access/float.ts', 'Promise.all([1]);']],
    accepted: [['libs/auth/src/access/float.ts', 'void Promise.all([1]);\nawait Promise.all([1]);']],
  },
  {
    name: 'the linter lets Nest be Nest: injected classes are values, dynamic modules are static',
    refusal: '',
    refused: [],
    accepted: [
      [
        'libs/auth/src/access/injected.ts',
        `import { Inject, Injectable, Module } from '@nestjs/common';
import { Bans } from '../bans/bans.js';

@Injectable()
export class Guard {
  constructor(
    readonly bans: Bans,
    @Inject('OPTIONS') readonly options: object,
  ) {}
}

@Module({})
export class GuardModule {
  static forRoot() {
    return { module: this };
  }
}`,
      ],
    ],
  },
];

/** One diagnostic of Biome's JSON report. */
interface Remark {
  readonly category: string;
  readonly message: string;
  readonly location: { readonly path: string; readonly start: { readonly line: number } };
}

const repository = fileURLToPath(new URL('..', import.meta.url));
const manifestPath = (directory: string) => join(repository, directory, 'package.json');
const isBuilt = (directory: string) => existsSync(manifestPath(directory));
const readManifest = (directory: string): Manifest =>
  JSON.parse(readFileSync(manifestPath(directory), 'utf8'));

/** What a package.json says of its dependencies. */
interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

const PACKAGES = [
  'libs/auth',
  'libs/sql',
  'libs/redis',
  'libs/passkeys',
  'libs/oauth',
  'libs/testing',
  'libs/cli',
  'apps/sample',
];

describe('the walls that the linter holds', () => {
  /** The packages that are still to be built, as their package.json will have to be. */
  const planned: Manifest = {
    peerDependencies: { '@portcullis/auth': '0.0.0' },
    devDependencies: { '@portcullis/testing': '0.0.0' },
  };
  const tree = new Map<string, string>();
  const remarks: Remark[] = [];
  let root: string;

  /** Appends to a file of the tree, and answers which lines of it the source takes. */
  const place = ([file, source]: Placed) => {
    const before = tree.get(file) ?? '';
    tree.set(file, `${before}${source}\n`);
    const first = before.split('\n').length;
    const [headline, ...rest] = source.split('\n');
    return { file, headline: `${file}: ${headline}`, first, last: first + rest.length };
  };
  const walls = WALLS.map((wall) => ({
    ...wall,
    refused: wall.refused.map(place),
    accepted: wall.accepted.map(place),
  }));
  const remarksOn = ({ file, first, last }: ReturnType<typeof place>) =>
    remarks
      .filter(({ location: { path, start } }) => path === file && start.line >= first && start.line <= last)
      .map(({ category, message }) => `${category}: ${message}`);

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'portcullis-walls-'));
    cpSync(join(repository, 'biome.json'), join(root, 'biome.json'));
    for (const [file, source] of tree) {
      mkdirSync(join(root, dirname(file)), { recursive: true });
      writeFileSync(join(root, file), source);
    }
    for (const directory of PACKAGES) {
      const manifest = isBuilt(directory) ? readManifest(directory) : planned;
      writeFileSync(join(root, directory, 'package.json'), JSON.stringify(manifest));
    }
    const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
    const options = ['--vcs-enabled=false', '--reporter=json', '--max-diagnostics=none'];
    const { stdout } = spawnSync(process.execPath, [biome, 'lint', ...options], { cwd: root });
    remarks.push(...JSON.parse(stdout.toString()).diagnostics);
  });
  afterAll(() => rmSync(root, { recursive: true }));

  for (const { name, refusal, refused, accepted } of walls) {
    describe(name, () => {
      for (const row of refused) {
        it(`refuses ${row.headline}`, () => {
          expect(remarksOn(row)).toContainEqual(expect.stringContaining(refusal));
        });
      }
      for (const row of accepted) {
        it(`accepts ${row.headline}`, () => {
          expect(remarksOn(row)).toEqual([]);
        });
      }
    });
  }
});

describe('the arrows between the packages', () => {
  const DRIVER = /^(pg|pg-.+|ioredis|redis|@libsql\/.+|better-sqlite3|mysql2|mongodb)$/;
  const TEST_TOOL = /^(jest|@jest\/.+|vitest|@nestjs\/testing|supertest|fast-check|oidc-provider)$/;

  /** The dependencies that break a wall. `devDependencies` serve specs only, so they may hold test tools. */
  const strays = (directory: string, manifest: Manifest) => {
    const { dependencies, peerDependencies, optionalDependencies, devDependencies } = manifest;
    const shipped = Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies });
    const all = [...shipped, ...Object.keys(devDependencies ?? {})];
    if (directory === 'libs/auth') {
      return [
        ...all.filter((name) => /^(@portcullis\/.+|sample)$/.test(name) || DRIVER.test(name)),
        ...shipped.filter((name) => TEST_TOOL.test(name)),
      ];
    }
    // Nothing imports the command, so that it may bring the stores and the change feeds that it opens.
    const brought = directory === 'libs/cli' ? ['@portcullis/sql', '@portcullis/redis'] : [];
    const allowed = ['@portcullis/auth', ...brought];
    return directory.startsWith('libs/')
      ? shipped.filter((name) => /^(@portcullis\/.+|sample)$/.test(name) && !allowed.includes(name))
      : shipped.filter((name) => name === '@portcullis/testing');
  };

  const built = ['libs', 'apps']
    .flatMap((room) => readdirSync(join(repository, room)).map((name) => `${room}/${name}`))
    .filter(isBuilt);

  it.each(built)('hold in %s', (directory) => {
    expect(strays(directory, readManifest(directory))).toEqual([]);
  });

  it.each([
    ['libs/auth', 'dependencies', '@portcullis/sql'],
    ['libs/auth', 'devDependencies', '@portcullis/testing'],
    ['libs/auth', 'optionalDependencies', 'pg'],
    ['libs/auth', 'devDependencies', 'ioredis'],
    ['libs/auth', 'peerDependencies', '@nestjs/testing'],
    ['libs/sql', 'dependencies', '@portcullis/redis'],
    ['libs/sql', 'dependencies', '@portcullis/cli'],
    ['libs/passkeys', 'dependencies', '@portcullis/sql'],
    ['libs/oauth', 'dependencies', '@portcullis/sql'],
    ['libs/testing', 'dependencies', '@portcullis/sql'],
    ['libs/testing', 'dependencies', '@portcullis/redis'],
    ['libs/redis', 'dependencies', '@portcullis/cli'],
    ['libs/cli', 'dependencies', 'sample'],
    ['libs/cli', 'dependencies', '@portcullis/testing'],
    ['apps/sample', 'dependencies', '@portcullis/testing'],
  ])('would not hold in %s with %s on %s', (directory, section, name) => {
    expect(strays(directory, { [section]: { [name]: '*' } })).toEqual([name]);
  });
});
