import { isDeepStrictEqual } from 'node:util';
import type { Type } from '@nestjs/common';
import { PortcullisConfigurationError } from '../errors.js';
import type { HandlerFacts, HandlerTraits } from '../request/handler-facts.js';
import type { ScopeDemand } from '../scopes.js';
import type { AccessDemand } from './access-demand.js';
import { contradictionsAt } from './contradicting-decorators.js';
import type { Declaration } from './declaration.js';
import { declarationLayers } from './declaration-layers.js';
import type { HandlerOrigins } from './handler-origins.js';
import type { TraitDefinition } from './handler-trait.js';
import { contradictionsAcross, isLike, isWho, opens, type Wants } from './shadowed-declarations.js';

/** What one handler demands. Compiled once at boot; immutable. */
export interface AccessRule extends HandlerFacts {
  /** Which identities must be proven. */
  readonly requires: 'none' | 'user' | 'app' | 'both' | 'either';
  /** Whether credentials are looked at. Always true where something is required. */
  readonly identify: boolean;
  /** What a user identity must hold, whenever the request proves one. */
  readonly user: ScopeDemand;
  /** What an app identity must hold, whenever the request proves one. */
  readonly app: ScopeDemand;
  /** What is demanded besides, all of it, in this order. */
  readonly demands: readonly AccessDemand[];
  /** False where neither the method nor its class says who may call: the handler is closed by default. */
  readonly declared: boolean;
}

type DeclaredTrait = Extract<Declaration, { kind: 'trait' }>;
type DeclaredDemand = Extract<Declaration, { kind: 'demand' }>;

const NOTHING: ScopeDemand = Object.freeze({ allOf: Object.freeze([]), anyOf: Object.freeze([]) });

/**
 * Compiles what is declared for a method. Who may call is taken from the nearest place that says so (the method, its
 * class, the classes it extends), else any proven identity may; `@Scopes` and `@AnyScope` likewise, each by itself.
 *
 * @param origins where functions were copied from; looked for by default
 * @param called the function that is called, where it is not that of the class
 * @throws PortcullisConfigurationError when the declarations of one place contradict each other, or those of several places do
 */
export function compileAccessRule(
  type: Type,
  method: string,
  origins?: HandlerOrigins,
  called?: object,
): AccessRule {
  const handler = `${type.name}.${method}`;
  const layers = declarationLayers(type, method, origins, called);
  const problems = [...layers.flatMap(contradictionsAt), ...contradictionsAcross(handler, layers)];
  if (problems.length > 0) throw new PortcullisConfigurationError(problems);

  const nearest = (wants: Wants): readonly Declaration[] =>
    layers.map(({ declarations }) => declarations.filter(wants)).find((found) => found.length > 0) ?? [];
  const who = nearest(isWho);
  const open = opens(layers);

  const all = layers.flatMap(({ declarations }) => declarations);
  const declared = open ? [] : united(handler, demandsAmong(all, nearest));
  const allOf = scopesOf(
    nearest(({ kind }) => kind === 'scopes'),
    'scopes',
  );
  const anyOf = nearest(({ kind }) => kind === 'any-scope').map((declaration) =>
    'scopes' in declaration ? declaration.scopes : [],
  );
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

  const rule: AccessRule = Object.freeze({
    handler,
    requires: open ? 'none' : requirement(who, declared),
    identify: !open || who.some((declaration) => declaration.kind === 'public' && declaration.identify),
    user: demandOf('user'),
    app: demandOf('app'),
    demands: Object.freeze(declared.map((declaration) => compileDemand(handler, declaration))),
    declared: who.length > 0 || declared.some(({ demand }) => demand.requires !== undefined),
    traits: traitsOf(all.filter(({ kind }) => kind === 'trait') as DeclaredTrait[], who, open),
  });
  demandsOf.set(rule, declared);
  return rule;
}

/** What the demands of a rule were compiled from: two that demand the same are still two objects. */
const demandsOf = new WeakMap<AccessRule, readonly DeclaredDemand[]>();

/** Whether two handlers demand the same, and are marked with the same. */
export function isSameRule(one: AccessRule, other: AccessRule): boolean {
  const [these, those] = [demandsOf.get(one) ?? [], demandsOf.get(other) ?? []];
  const parts = ({ handler, demands, ...rest }: AccessRule) => rest;
  return (
    isDeepStrictEqual(parts(one), parts(other)) &&
    these.length === those.length &&
    these.every((demand, index) => isLike(demand)(those[index] as DeclaredDemand))
  );
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

/** Whether decorators demand an identity, and not only what holds where none of them says anything. */
export function demandsSomeone({ declared, requires, user, app, demands }: AccessRule): boolean {
  const scopes = [...user.allOf, ...user.anyOf, ...app.allOf, ...app.anyOf];
  return requires !== 'none' && (declared || scopes.length > 0 || demands.length > 0);
}

function demandsAmong(
  all: readonly Declaration[],
  nearest: (wants: Wants) => readonly Declaration[],
): readonly DeclaredDemand[] {
  const declared = all.filter(({ kind }) => kind === 'demand') as DeclaredDemand[];
  return declared.filter((declaration) => {
    const { demand } = declaration;
    if (demand.merge === 'all') return true;
    return nearest((other) => other.kind === 'demand' && other.demand === demand).includes(declaration);
  });
}

/** @throws PortcullisConfigurationError where nothing could meet all that adds up */
function united(handler: string, declared: readonly DeclaredDemand[]): readonly DeclaredDemand[] {
  return declared.flatMap((declaration, index) => {
    const { demand } = declaration;
    const same = declared.filter((other) => other.demand === demand);
    if (demand.unite === undefined || same.length === 1) return [declaration];
    if (declared.indexOf(same[0] as DeclaredDemand) < index) return [];
    const value = demand.unite(same.map((other) => other.value));
    if (value !== undefined) return [{ ...declaration, value }];
    throw new PortcullisConfigurationError([
      `${handler}: nothing could meet all that ${demand.decorator} demands of it, on the method and on its class`,
    ]);
  });
}

/** A trait that opens the handler is its own only where it did: nearer demands take it away, and so does whoever else says who. */
function traitsOf(
  declared: readonly DeclaredTrait[],
  who: readonly Declaration[],
  open: boolean,
): HandlerTraits {
  const traits: Partial<Record<keyof HandlerTraits, unknown>> = {};
  for (const trait of new Set(declared.map((declaration) => declaration.trait))) {
    const values = declared.filter((declaration) => declaration.trait === trait);
    const holds = trait.opens !== true || (open && values.some((declaration) => who.includes(declaration)));
    if (holds) traits[trait.name] = compileTrait(trait, values);
  }
  return Object.freeze(traits) as HandlerTraits;
}

/** @throws PortcullisConfigurationError for a demand that could not be checked, and so would be none */
function compileDemand(handler: string, { demand, value }: DeclaredDemand): AccessDemand {
  const compiled: AccessDemand | undefined = demand.compile(value);
  if (typeof compiled?.check === 'function') return compiled;
  throw new PortcullisConfigurationError([`${handler}: ${demand.decorator} compiles to no demand`]);
}

function compileTrait(trait: TraitDefinition, declared: readonly DeclaredTrait[]): unknown {
  return trait.compile(declared.map(({ value }) => value));
}

function requirement(
  who: readonly Declaration[],
  demands: readonly DeclaredDemand[],
): Exclude<AccessRule['requires'], 'none'> {
  const wants = (identity: 'user' | 'app') =>
    who.some(({ kind }) => kind === identity) || demands.some(({ demand }) => demand.requires === identity);
  if (wants('user')) return wants('app') ? 'both' : 'user';
  return wants('app') ? 'app' : 'either';
}

function scopesOf(declarations: readonly Declaration[], kind: Declaration['kind']): string[] {
  return declarations.flatMap((declaration) =>
    declaration.kind === kind && 'scopes' in declaration ? declaration.scopes : [],
  );
}
