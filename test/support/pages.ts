import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const repository = new URL('../../', import.meta.url).pathname;

export interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

/** What a reader of the project is given: the pages whose code has to run, as paths within the repository. */
export async function pages(): Promise<string[]> {
  const docs = await readdir(join(repository, 'docs'), { recursive: true });
  return ['README.md', ...docs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)].sort();
}

export function readPage(page: string): Promise<string> {
  return readFile(join(repository, page), 'utf8');
}

/** The fenced code blocks of a page, in their order. */
export async function blocksOf(page: string): Promise<CodeBlock[]> {
  const text = await readPage(page);
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}

/** The only shell script of a page. */
export async function scriptOf(page: string): Promise<string> {
  const [script, ...others] = (await blocksOf(page)).filter(({ language }) => language === 'sh');
  if (script === undefined || others.length > 0) throw new Error(`${page} has not one script`);
  return script.text;
}

/** Each TypeScript block of a page, by the name in its first line. */
export async function filesOf(page: string): Promise<Map<string, string>> {
  const blocks = (await blocksOf(page)).filter(({ language }) => language === 'ts');
  return new Map(blocks.map(({ text }) => [fileNameOf(text), text]));
}

export interface Folder {
  readonly folder: string;
  remove(): Promise<void>;
}

/** A folder outside the repository from which the packages can be used. */
export async function emptyFolder(): Promise<Folder> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-docs-'));
  await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'));
  return { folder, remove: () => rm(folder, { recursive: true }) };
}

/** The TypeScript of pages as a reader would have it: a folder for each page, under its path. */
export async function layOut(...names: readonly string[]): Promise<Folder> {
  const { folder, remove } = await emptyFolder();
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const compilerOptions = { noEmit: true, composite: false, types: ['node', 'jest'] };
  const config = { extends: join(repository, 'tsconfig.base.json'), compilerOptions };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  for (const page of names) {
    await mkdir(join(folder, page), { recursive: true });
    for (const [name, text] of await filesOf(page)) await writeFile(join(folder, page, name), text);
  }
  return { folder, remove };
}

/** Imports files of a page that was laid out. */
export function importFrom({ folder }: Folder, page: string) {
  return (file: string) => import(join(folder, page, file));
}

function fileNameOf(text: string): string {
  const name = /^\/\/ ([\w.-]+\.ts)\n/.exec(text)?.[1];
  if (name === undefined) throw new Error(`A TypeScript block has no file name:\n${text}`);
  return name;
}
