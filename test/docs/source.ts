import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PortcullisExtension } from '@portcullis/auth';
import ts from 'typescript';
import { repository } from '../support/pages.js';

/** A module that its package does not export: what a reference page is compared with. */
export function moduleAt(path: string): Promise<Record<string, unknown>> {
  return import(join(repository, path));
}

/** What Portcullis itself registers: its refusals, events and sections of options. */
export async function registered(): Promise<readonly PortcullisExtension[]> {
  const { BUILT_IN_EXTENSIONS } = await moduleAt('libs/auth/src/composition/built-in-extensions.ts');
  return BUILT_IN_EXTENSIONS as readonly PortcullisExtension[];
}

/** The sources under a folder whose names end like this. */
export async function sourcesUnder(folder: string, ending: string): Promise<string[]> {
  const names = await readdir(join(repository, folder), { recursive: true });
  return names.filter((name) => name.endsWith(ending)).map((name) => `${folder}/${name}`);
}

/** The properties that types of one file declare, in their order. */
export async function propertiesOf(path: string, ...types: readonly string[]): Promise<string[]> {
  const names: string[] = [];
  const collect = (node: ts.Node): void => {
    if (ts.isPropertySignature(node)) {
      // What is there only so that it can't be given says `never`.
      if (node.type?.kind !== ts.SyntaxKind.NeverKeyword) names.push(node.name.getText());
    } else ts.forEachChild(node, collect);
  };
  ts.forEachChild(await treeOf(path), (node) => {
    const isType = ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
    if (isType && types.includes(node.name.text)) ts.forEachChild(node, collect);
  });
  return [...new Set(names)];
}

/** The defaults that parameters of one file's functions have, as they are written, by name. */
export async function defaultsIn(path: string): Promise<Map<string, string>> {
  const defaults = new Map<string, string>();
  const collect = (node: ts.Node): void => {
    if (ts.isBindingElement(node) && node.initializer !== undefined)
      defaults.set(node.name.getText(), node.initializer.getText());
    ts.forEachChild(node, collect);
  };
  collect(await treeOf(path));
  return defaults;
}

async function treeOf(path: string): Promise<ts.SourceFile> {
  const source = await readFile(join(repository, path), 'utf8');
  return ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
}
