import { join } from 'node:path';
import ts from 'typescript';
import { repository } from '../support/pages.js';

const SOURCE = join(repository, 'libs/auth/src');

/** The facts of each type of event, as the compiler knows them: those that may be missing end in a question mark. */
export function factsOfEvents(): Map<string, string[]> {
  const { config } = ts.readConfigFile(join(repository, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, repository);
  const program = ts.createProgram([join(SOURCE, 'index.ts')], {
    ...options,
    composite: false,
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(join(SOURCE, 'events/security-event.ts')) as ts.SourceFile;
  const module = checker.getSymbolAtLocation(file) as ts.Symbol;
  const types = checker
    .getExportsOfModule(module)
    .find(({ name }) => name === 'SecurityEventTypes') as ts.Symbol;
  return new Map(
    checker
      .getDeclaredTypeOfSymbol(types)
      .getProperties()
      .map((type) => [type.name, checker.getTypeOfSymbol(type).getProperties().map(nameOf)]),
  );
}

function nameOf({ name, flags }: ts.Symbol): string {
  return flags & ts.SymbolFlags.Optional ? `${name}?` : name;
}
