import { isDemandableScope } from '../scopes.js';
import type { Declaration } from './declaration.js';
import type { DeclarationLayer } from './declaration-layers.js';

const DECORATORS: Record<Exclude<Declaration['kind'], 'demand' | 'trait'>, string> = {
  public: '@Public',
  user: '@RequireUser',
  app: '@RequireApp',
  'user-or-app': '@RequireUserOrApp',
  scopes: '@Scopes',
  'any-scope': '@AnyScope',
};

/** What closes a door, and so leaves no room beside what opens it. */
export const CLOSING: readonly string[] = ['user', 'app', 'user-or-app', 'scopes', 'any-scope', 'demand'];

const SCOPE_DEMANDS: readonly string[] = ['scopes', 'any-scope'];

/** What can't be meant: a route that is open and closed at once, a scope that nothing can hold. Each in one line. */
export function contradictionsAt({ place, declarations }: DeclarationLayer): string[] {
  const together = new Set<string>();
  for (const [index, one] of declarations.entries()) {
    for (const other of declarations.slice(index + 1)) {
      if (excludes(one, other)) together.add(contradiction(place, one, other));
      else if (excludes(other, one)) together.add(contradiction(place, other, one));
    }
  }
  return [...together, ...declarations.flatMap((declaration) => problemsOf(place, declaration))];
}

function contradiction(place: string, one: Declaration, other: Declaration): string {
  return `${place}: ${decoratorOf(one)} and ${decoratorOf(other)} contradict each other`;
}

/** Whether one of two different decorators leaves no room for the other. */
function excludes(one: Declaration, other: Declaration): boolean {
  switch (one.kind) {
    case 'public':
      return CLOSING.includes(other.kind);
    case 'user-or-app':
      return other.kind === 'user' || other.kind === 'app';
    case 'trait':
      if (other.kind === 'trait' && other.trait === one.trait) return false;
      if (one.trait.excludes === 'everything') return true;
      if (one.trait.opens === true && CLOSING.includes(other.kind)) return true;
      return other.kind === 'trait' && one.trait.excludes?.includes(other.trait.name) === true;
    default:
      return false;
  }
}

function problemsOf(place: string, declaration: Declaration): string[] {
  const decorator = decoratorOf(declaration);
  if (declaration.kind === 'demand' || declaration.kind === 'trait') {
    const { value } = declaration;
    const problem =
      declaration.kind === 'demand'
        ? declaration.demand.problemOf?.(value)
        : declaration.trait.problemOf?.(value);
    return problem === undefined ? [] : [`${place}: ${decorator} ${problem}`];
  }
  if (declaration.kind === 'public')
    return declaration.problem === undefined ? [] : [`${place}: ${decorator} ${declaration.problem}`];
  const { kind, scopes } = declaration;
  return [
    ...(SCOPE_DEMANDS.includes(kind) && scopes.length === 0 ? [`${place}: ${decorator} names no scope`] : []),
    ...scopes
      .filter((scope) => !isDemandableScope(scope))
      .map(
        (scope) =>
          `${place}: ${decorator} cannot demand ${typeof scope === 'string' ? JSON.stringify(scope) : `what is no text (${typeof scope})`}; a demanded scope is one word without "*"`,
      ),
  ];
}

/** The decorator, for messages: `@RequireUser`. */
export function decoratorOf(declaration: Declaration): string {
  switch (declaration.kind) {
    case 'demand':
      return declaration.demand.decorator;
    case 'trait':
      return declaration.trait.decorator;
    default:
      return DECORATORS[declaration.kind];
  }
}
