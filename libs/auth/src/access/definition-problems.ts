import type { Type } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { Declaration } from './declaration.js';
import { declarationLayers } from './declaration-layers.js';
import { HandlerOrigins } from './handler-origins.js';

/** What a decorator of its own declares. */
interface Definition {
  readonly decorator: string;
}

/**
 * The kinds of demands, and the names of traits, that two definitions of an app claim: it would be open how they add up, and which
 * one a rule names.
 */
export function definitionProblems(discovery: DiscoveryService, scanner: MetadataScanner): string[] {
  const known = new Map<string, Definition>();
  const problems = new Set<string>();
  const origins = new HandlerOrigins();
  for (const { metatype } of discovery.getControllers()) {
    const type = metatype as Type;
    for (const method of scanner.getAllMethodNames(type.prototype)) {
      for (const declaration of declarationLayers(type, method, origins).flatMap(
        (layer) => layer.declarations,
      )) {
        const [name, definition] = definitionOf(declaration) ?? [];
        if (name === undefined || definition === undefined) continue;
        const first = known.get(name) ?? definition;
        known.set(name, first);
        if (first !== definition)
          problems.add(`the ${name} is defined twice: by ${describe(first)} and by ${describe(definition)}`);
      }
    }
  }
  return [...problems];
}

function definitionOf(declaration: Declaration): [string, Definition] | undefined {
  switch (declaration.kind) {
    case 'demand':
      return [`demand ${JSON.stringify(declaration.demand.kind)}`, declaration.demand];
    case 'trait':
      return [`trait ${JSON.stringify(declaration.trait.name)}`, declaration.trait];
    default:
      return undefined;
  }
}

/** With how it is merged, where it is merged at all: two demands often differ in nothing else that can be seen. */
function describe(definition: Definition): string {
  return 'merge' in definition
    ? `${definition.decorator} (merged: ${definition.merge})`
    : definition.decorator;
}
