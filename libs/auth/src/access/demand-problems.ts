import type { Type } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { DemandDefinition } from './access-demand.js';
import { demandDefinitionsFor } from './access-rule.js';

/** The kinds of demands that two definitions of an app claim: it would be open how they add up, and which one a rule names. */
export function demandProblems(discovery: DiscoveryService, scanner: MetadataScanner): string[] {
  const known = new Map<string, DemandDefinition>();
  const problems = new Set<string>();
  for (const { metatype } of discovery.getControllers()) {
    const type = metatype as Type;
    for (const method of scanner.getAllMethodNames(type.prototype)) {
      for (const demand of demandDefinitionsFor(type, method)) {
        const first = known.get(demand.kind) ?? demand;
        known.set(demand.kind, first);
        if (first !== demand) problems.add(describe(first, demand));
      }
    }
  }
  return [...problems];
}

function describe(one: DemandDefinition, other: DemandDefinition): string {
  const [first, second] = [one, other].map(({ decorator, merge }) => `${decorator} (merged: ${merge})`);
  return `the demand ${JSON.stringify(one.kind)} is defined twice: by ${first} and by ${second}`;
}
