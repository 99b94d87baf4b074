import type { Type } from '@nestjs/common';
import { isStatus, type NamedStrikes, problemsOfRule } from '../bans/strike-rules.js';
import { PortcullisConfigurationError } from '../errors.js';
import { isDemandableScope } from '../scopes.js';
import { type ClaimsDemand, isMeaningful } from '../tokens/claims-demand.js';
import { type Declaration, type DeclarationLayer, declarationLayers } from './declaration.js';

/** The scopes that an identity must hold: all of `allOf`, and at least one of each group in `anyOf`. */
export interface ScopeDemand {
  readonly allOf: readonly string[];
  readonly anyOf: readonly (readonly string[])[];
}

/** What one handler demands. Compiled once at boot; immutable. */
export interface AccessRule {
  /** `Controller.method`, for messages and events. */
  readonly handler: string;
  /** Which identities must be proven. */
  readonly requires: 'none' | 'user' | 'app' | 'both' | 'either';
  /** Whether credentials are looked at. Always true where something is required. */
  readonly identify: boolean;
  /** What a user identity must hold, whenever the request proves one. */
  readonly user: ScopeDemand;
  /** What an app identity must hold, whenever the request proves one. */
  readonly app: ScopeDemand;
  /** What the user's token must claim, all of it. */
  readonly claims: readonly ClaimsDemand[];
  /** False where neither the method nor its class says who may call: the handler is closed by default. */
  readonly declared: boolean;
  /** Touching the handler bans the address. */
  readonly honeypot: boolean;
  /** The handler's responses never count as strikes. */
  readonly banExempt: boolean;
  /** Which of its answers mean something to the rules for strikes. */
  readonly strikes: readonly NamedStrikes[];
}

type Kind = Declaration['kind'];

const NOTHING: ScopeDemand = Object.freeze({ allOf: Object.freeze([]), anyOf: Object.freeze([]) });

const WHO: readonly Kind[] = ['public', 'user', 'app', 'user-or-app', 'honeypot'];

/** What demands something of an identity, and so closes a door that was opened farther away. */
const DEMANDS: readonly Kind[] = ['scopes', 'any-scope', 'claims'];

const DECORATOR: Record<Kind, string> = {
  public: '@Public',
  user: '@RequireUser',
  app: '@RequireApp',
  'user-or-app': '@RequireUserOrApp',
  scopes: '@Scopes',
  'any-scope': '@AnyScope',
  claims: '@RequireClaims',
  honeypot: '@Honeypot',
  'ban-exempt': '@BanExempt',
  strikes: '@Strikes',
};

/**
 * Compiles what is declared for a method. Who may call is taken from the nearest place that says so (the method, its
 * class, the classes it extends), else any proven identity may; `@Scopes` and `@AnyScope` likewise, each by itself.
 *
 * @throws PortcullisConfigurationError when the declarations of one place contradict each other
 */
export function compileAccessRule(type: Type, method: string): AccessRule {
  const handler = `${type.name}.${method}`;
  const layers = declarationLayers(type, method);
  const problems = layers.flatMap(contradictions);
  if (problems.length > 0) throw new PortcullisConfigurationError(problems);

  const nearest = (kinds: readonly Kind[]): readonly Declaration[] =>
    layers
      .map(({ declarations }) => declarations.filter(({ kind }) => kinds.includes(kind)))
      .find((found) => found.length > 0) ?? [];
  const distance = (kinds: readonly Kind[]): number =>
    layers.findIndex(({ declarations }) => declarations.some(({ kind }) => kinds.includes(kind)));

  const who = nearest(WHO);
  const kinds = new Set(who.map(({ kind }) => kind));
  // What is demanded nearer by than the door was opened closes it again.
  const closedAgain = distance(DEMANDS) !== -1 && distance(DEMANDS) < distance(WHO);
  const open = (kinds.has('public') || kinds.has('honeypot')) && !closedAgain;

  const allOf = scopesOf(nearest(['scopes']), 'scopes');
  const anyOf = nearest(['any-scope']).map((declaration) =>
    'scopes' in declaration ? declaration.scopes : [],
  );
  // What must be claimed adds up: a method that demands one thing more doesn't mean one thing less.
  const claims = layers
    .flatMap(({ declarations }) => declarations)
    .flatMap((declaration) => (declaration.kind === 'claims' && !open ? [declaration.demand] : []));
  // Where everyone may enter, an identity that lacks a scope may as well.
  const demandOf = (kind: 'user' | 'app'): ScopeDemand =>
    open
      ? NOTHING
      : Object.freeze({
          allOf: Object.freeze([
            ...new Set([...scopesOf(who, kind), ...scopesOf(who, 'user-or-app'), ...allOf]),
          ]),
          anyOf: Object.freeze(anyOf),
        });

  return Object.freeze({
    handler,
    requires: open ? 'none' : requirement(kinds, claims.length > 0),
    identify: !open || who.some((declaration) => declaration.kind === 'public' && declaration.identify),
    user: demandOf('user'),
    app: demandOf('app'),
    claims: Object.freeze(claims),
    declared: who.length > 0 || claims.length > 0,
    honeypot: open && kinds.has('honeypot'),
    banExempt: nearest(['ban-exempt']).length > 0,
    strikes: Object.freeze(layers.flatMap(({ declarations }) => declarations.flatMap(strikesOf))),
  });
}

/**
 * The same rule with one more identity demanded: what a guard that stands alone applies. A handler without a
 * declaration demands just that identity.
 */
export function demandingAlso(rule: AccessRule, identity: 'user' | 'app'): AccessRule {
  const other = identity === 'user' ? 'app' : 'user';
  const requires = rule.requires === other || rule.requires === 'both' ? 'both' : identity;
  return { ...rule, requires, identify: true };
}

function strikesOf(declaration: Declaration): NamedStrikes[] {
  return declaration.kind === 'strikes' ? [declaration.strikes] : [];
}

function requirement(kinds: ReadonlySet<Kind>, hasClaims: boolean): AccessRule['requires'] {
  if (kinds.has('user') || hasClaims) {
    return kinds.has('app') ? 'both' : 'user';
  }
  return kinds.has('app') ? 'app' : 'either';
}

function scopesOf(declarations: readonly Declaration[], kind: Kind): string[] {
  return declarations.flatMap((declaration) =>
    declaration.kind === kind && 'scopes' in declaration ? declaration.scopes : [],
  );
}

/** What can't be meant: a route that is open and closed at once, a scope that nothing can hold. */
function contradictions({ place, declarations }: DeclarationLayer): string[] {
  const problems: string[] = [];
  const kinds = new Set(declarations.map(({ kind }) => kind));
  const refuseTogether = (one: Kind, others: readonly Kind[]) => {
    for (const other of others) {
      if (kinds.has(one) && kinds.has(other)) {
        problems.push(`${place}: ${DECORATOR[one]} and ${DECORATOR[other]} contradict each other`);
      }
    }
  };
  refuseTogether('public', ['user', 'app', 'user-or-app', ...DEMANDS]);
  refuseTogether('honeypot', ['public', 'user', 'app', 'user-or-app', ...DEMANDS, 'ban-exempt', 'strikes']);
  refuseTogether('ban-exempt', ['strikes']);
  refuseTogether('user-or-app', ['user', 'app']);

  for (const { event, statuses, rule } of declarations.flatMap(strikesOf)) {
    const isSound =
      event !== '' &&
      statuses.length > 0 &&
      statuses.every(isStatus) &&
      (!rule || problemsOfRule(rule).length === 0);
    if (!isSound)
      problems.push(
        `${place}: @Strikes needs an event, statuses, and where they are given a positive score and time`,
      );
  }
  if (declarations.some((candidate) => candidate.kind === 'claims' && !isMeaningful(candidate.demand))) {
    problems.push(`${place}: @RequireClaims must name claims, each with a text, a number or a boolean`);
  }
  for (const declaration of declarations.filter((candidate) => 'scopes' in candidate)) {
    const decorator = DECORATOR[declaration.kind];
    if (DEMANDS.includes(declaration.kind) && declaration.scopes.length === 0) {
      problems.push(`${place}: ${decorator} names no scope`);
    }
    for (const scope of declaration.scopes.filter((candidate) => !isDemandableScope(candidate))) {
      problems.push(
        `${place}: ${decorator} cannot demand ${JSON.stringify(scope)}; a demanded scope is one word without "*"`,
      );
    }
  }
  return problems;
}
