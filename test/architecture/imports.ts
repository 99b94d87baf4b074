import { posix } from 'node:path';
import ts from 'typescript';

/** One import, in whichever way it is written. */
export interface Import {
  /** The file that imports. */
  readonly file: string;
  /** As it is written; undefined where it is computed and only running tells. */
  readonly specifier: string | undefined;
  /** The file, where the specifier is a path and not the name of a module. */
  readonly target: string | undefined;
  /** What is taken from it: names, `*` for all of it, nothing for the sake of its effects. */
  readonly names: readonly string[];
  /** Whether nothing of it is left when the types are gone. */
  readonly isType: boolean;
}

type Found = Pick<Import, 'specifier' | 'names' | 'isType'>;

const ALL = ['*'];

/** Every import of every source, by its path from the root of the repository. */
export function importsOf(files: ReadonlyMap<string, string>): Import[] {
  return [...files].flatMap(([file, source]) => (file.endsWith('.ts') ? importsIn(file, source) : []));
}

/** The compiler takes its time, and the same text always imports the same. */
const known = new Map<string, { readonly source: string; readonly imports: readonly Import[] }>();

function importsIn(file: string, source: string): readonly Import[] {
  const before = known.get(file);
  if (before?.source === source) return before.imports;
  const imports = findIn(source).map((found) => ({
    ...found,
    file,
    target: targetOf(file, found.specifier),
  }));
  known.set(file, { source, imports });
  return imports;
}

function findIn(source: string): Found[] {
  const tree = ts.createSourceFile('source.ts', source, {
    languageVersion: ts.ScriptTarget.Latest,
    jsDocParsingMode: ts.JSDocParsingMode.ParseNone,
  });
  const found: Found[] = [
    ...tree.referencedFiles.map(({ fileName }) => typesOf(`./${fileName}`)),
    ...tree.typeReferenceDirectives.map(({ fileName }) => typesOf(fileName)),
  ];
  const visit = (node: ts.Node): void => {
    const one = importAt(node);
    if (one !== undefined) found.push(one);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function importAt(node: ts.Node): Found | undefined {
  if (ts.isImportDeclaration(node)) return byImport(node);
  if (ts.isExportDeclaration(node)) return byExport(node);
  if (ts.isImportTypeNode(node)) return byImportType(node);
  // Not only what is new is declared so: it may also add to the module of that name.
  if (ts.isModuleDeclaration(node) && ts.isStringLiteral(node.name)) return typesOf(node.name.text);
  if (ts.isExternalModuleReference(node)) {
    return { specifier: textOf(node.expression), names: ALL, isType: false };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return { specifier: textOf(node.arguments[0]), names: ALL, isType: false };
  }
  return undefined;
}

function byImport({ moduleSpecifier, importClause: clause }: ts.ImportDeclaration): Found {
  const specifier = textOf(moduleSpecifier);
  if (clause === undefined) return { specifier, names: [], isType: false };
  const bindings = clause.namedBindings;
  const isAll = clause.name !== undefined || bindings === undefined || ts.isNamespaceImport(bindings);
  const isType = clause.phaseModifier === ts.SyntaxKind.TypeKeyword;
  return isAll ? { specifier, names: ALL, isType } : { specifier, ...namesIn(bindings.elements, isType) };
}

function byExport({ moduleSpecifier, exportClause, isTypeOnly }: ts.ExportDeclaration): Found | undefined {
  if (moduleSpecifier === undefined) return undefined;
  const specifier = textOf(moduleSpecifier);
  return exportClause !== undefined && ts.isNamedExports(exportClause)
    ? { specifier, ...namesIn(exportClause.elements, isTypeOnly) }
    : { specifier, names: ALL, isType: isTypeOnly };
}

function byImportType({ argument, qualifier }: ts.ImportTypeNode): Found {
  const specifier = ts.isLiteralTypeNode(argument) ? textOf(argument.literal) : undefined;
  return { specifier, names: qualifier === undefined ? ALL : [firstOf(qualifier)], isType: true };
}

function firstOf(name: ts.EntityName): string {
  return ts.isIdentifier(name) ? name.text : firstOf(name.left);
}

function namesIn(
  elements: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[],
  isType: boolean,
): Pick<Found, 'names' | 'isType'> {
  return {
    names: elements.map(({ name, propertyName }) => (propertyName ?? name).text),
    isType: isType || (elements.length > 0 && elements.every((element) => element.isTypeOnly)),
  };
}

function typesOf(specifier: string): Found {
  return { specifier, names: ALL, isType: true };
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;
}

/** What is written with `.js` is a source with `.ts`. */
function targetOf(file: string, specifier: string | undefined): string | undefined {
  if (specifier === undefined || !/^(\.{1,2}(\/|$)|\/|file:)/.test(specifier)) return undefined;
  if (!specifier.startsWith('.')) return specifier;
  return posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
}
