import { isDeepStrictEqual } from 'node:util';
import { CLOSING, decoratorOf } from './contradicting-decorators.js';
import type { Declaration } from './declaration.js';
import type { DeclarationLayer } from './declaration-layers.js';

export type Wants = (declaration: Declaration) => boolean;

const isOpening: Wants = (declaration) =>
  declaration.kind === 'public' || (declaration.kind === 'trait' && declaration.trait.opens === true);

/** Says who may call. */
export const isWho: Wants = (declaration) =>
  isOpening(declaration) || ['user', 'app', 'user-or-app'].includes(declaration.kind);

/** Demands something of an identity, and so closes a door that was opened farther away. */
export const isDemand: Wants = ({ kind }) => ['scopes', 'any-scope', 'demand'].includes(kind);

const isClosing: Wants = ({ kind }) => CLOSING.includes(kind);

type Layers = readonly DeclarationLayer[];

/** Whether everybody is let in: what is demanded nearer by than the door was opened closes it again. */
export function opens(layers: Layers): boolean {
  const distance = (wants: Wants) => layers.findIndex(({ declarations }) => declarations.some(wants));
  const who = layers[distance(isWho)];
  if (who?.declarations.some(isOpening) !== true) return false;
  return distance(isDemand) === -1 || distance(isDemand) >= distance(isWho);
}

/**
 * What one place says and another one undoes, where whoever wrote the first does not see the second: a class whose methods came from
 * elsewhere, and a function that was copied to where something else is declared. Each in one line.
 */
export function contradictionsAcross(handler: string, layers: Layers): string[] {
  return [
    ...new Set([
      ...undoneByInheritance(handler, layers),
      ...undoneByCopying(handler, layers),
      ...undoneByTraits(layers),
    ]),
  ];
}

/** Declarations of which only the nearest place counts, by what they have in common. */
function groupOf(declaration: Declaration): unknown {
  if (isWho(declaration)) return 'who';
  if (declaration.kind === 'demand')
    return declaration.demand.merge === 'nearest' ? declaration.demand : undefined;
  return declaration.kind === 'trait' ? undefined : declaration.kind;
}

function inGroup(group: unknown): Wants {
  return (declaration) => group !== undefined && groupOf(declaration) === group;
}

function* undoneByInheritance(handler: string, layers: Layers): Iterable<string> {
  for (const ofClass of layers.filter(({ isOfClass }) => isOfClass)) {
    for (const declaration of ofClass.declarations) {
      const [by, what] = undoerOf(declaration, ofClass, layers) ?? [];
      if (by === undefined || what === undefined) continue;
      yield `${ofClass.place}: ${written([declaration])} is without effect on ${handler}, because ${by.place} says ` +
        `${written(by.declarations.filter(what))}; override the method in ${ofClass.place}, and declare there what holds`;
    }
  }
}

/** Traits under another one that leaves no room for them: a method's `@Strikes` in a class under `@BanExempt`. */
function* undoneByTraits(layers: Layers): Iterable<string> {
  for (const [distance, far] of layers.entries()) {
    for (const undoing of far.declarations) {
      if (undoing.kind !== 'trait' || (isOpening(undoing) && !opens(layers))) continue;
      const { excludes } = undoing.trait;
      const isUndone: Wants = (other) =>
        other.kind === 'trait' &&
        other.trait !== undoing.trait &&
        (excludes === 'everything' || excludes?.includes(other.trait.name) === true);
      for (const { place, declarations } of layers.slice(0, distance))
        for (const declaration of declarations.filter(isUndone))
          yield `${place}: ${decoratorOf(declaration)} is without effect, because ${far.place} says ` +
            `${decoratorOf(undoing)}: leave one of them out`;
    }
  }
}

/** The inherited method that makes a class's declaration mean nothing, and which of its declarations do. */
function undoerOf(
  declaration: Declaration,
  ofClass: DeclarationLayer,
  layers: Layers,
): [DeclarationLayer, Wants] | undefined {
  const nearestMethod = (wants: Wants) => {
    const layer = layers.find(({ isOfClass, declarations }) => !isOfClass && declarations.some(wants));
    return layer !== undefined && layer.distance > ofClass.distance ? layer : undefined;
  };
  const sameGroup = inGroup(groupOf(declaration));
  const replacing = nearestMethod(sameGroup);
  if (replacing !== undefined && !saysTheSame(replacing, ofClass, sameGroup)) return [replacing, sameGroup];
  const other = isOpening(declaration) ? isClosing : isOpening;
  const opposing = nearestMethod(other);
  if (opposing === undefined || !(isOpening(declaration) || (isClosing(declaration) && opens(layers))))
    return undefined;
  return [opposing, other];
}

function* undoneByCopying(handler: string, layers: Layers): Iterable<string> {
  for (const origin of new Set(layers.flatMap((layer) => layer.origin ?? []))) {
    const there = layers.filter((layer) => layer.origin === origin);
    const { name } = origin.type;
    const differs = (here: DeclarationLayer, wants: Wants) =>
      `${handler} is a copy of ${name}.${origin.method}, which demands ${written(there.flatMap(({ declarations }) => declarations))}, ` +
      `but ${here.place} says ${written(here.declarations.filter(wants))}: declare the same in both places, or write a method of ` +
      'its own that calls the other';
    for (const declaration of there.flatMap(({ declarations }) => declarations)) {
      const sameGroup = inGroup(groupOf(declaration));
      const has = ({ declarations }: DeclarationLayer) => declarations.some(sameGroup);
      const [here, first] = [layers.find(has), there.find(has)];
      if (here !== undefined && first !== undefined && !saysTheSame(here, first, sameGroup))
        yield differs(here, sameGroup);
    }
    const opener = layers.find(({ declarations }) => declarations.some(isWho));
    if (
      opener !== undefined &&
      opens(layers) &&
      !opens(there) &&
      there.some(({ declarations }) => declarations.some(isClosing))
    )
      yield differs(opener, isWho);
  }
}

function saysTheSame(one: DeclarationLayer, other: DeclarationLayer, wants: Wants): boolean {
  const [these, those] = [one.declarations.filter(wants), other.declarations.filter(wants)];
  return these.every((each) => those.some(isLike(each))) && those.every((each) => these.some(isLike(each)));
}

/** Whether two decorators say the same, whoever has written them. */
export function isLike(one: Declaration): Wants {
  return (other) => {
    if (one.kind === 'demand' && other.kind === 'demand')
      return one.demand === other.demand && isDeepStrictEqual(one.value, other.value);
    if (one.kind === 'trait' && other.kind === 'trait')
      return one.trait === other.trait && isDeepStrictEqual(one.value, other.value);
    if ('scopes' in one && 'scopes' in other)
      return one.kind === other.kind && isDeepStrictEqual(new Set(one.scopes), new Set(other.scopes));
    return isDeepStrictEqual(one, other);
  };
}

function written(declarations: readonly Declaration[]): string {
  return declarations
    .map((each) => {
      const scopes = 'scopes' in each ? each.scopes.map((scope) => JSON.stringify(scope)).join(', ') : '';
      return scopes === '' ? decoratorOf(each) : `${decoratorOf(each)}(${scopes})`;
    })
    .join(' and ');
}
