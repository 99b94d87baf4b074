import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const repository = new URL('../../', import.meta.url).pathname;

export interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

/** The fenced code blocks of the README, in their order. */
export function readmeBlocks(): Promise<CodeBlock[]> {
  return blocksOf('README.md');
}

/** The fenced code blocks of a page, in their order. */
export async function blocksOf(page: string): Promise<CodeBlock[]> {
  const text = await readFile(join(repository, page), 'utf8');
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}

/** A folder outside the repository that holds a page's TypeScript as a reader would have it, and its removal. */
export async function layOut(
  blocks: readonly CodeBlock[],
): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-readme-'));
  await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(repository, 'tsconfig.base.json'),
      compilerOptions: { noEmit: true, composite: false, types: ['node', 'jest'] },
    }),
  );
  for (const { language, text } of blocks) {
    if (language === 'ts') await writeFile(join(folder, fileNameOf(text)), text);
  }
  return { folder, remove: () => rm(folder, { recursive: true }) };
}

/** The first line of each block says where it belongs. */
function fileNameOf(text: string): string {
  const name = /^\/\/ ([\w.-]+\.ts)\n/.exec(text)?.[1];
  if (name === undefined) throw new Error(`A TypeScript block has no file name:\n${text}`);
  return name;
}
