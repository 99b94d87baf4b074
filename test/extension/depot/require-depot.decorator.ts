import {
  type AccessDemand,
  type DemandDefinition,
  declareDemand,
  PortcullisError,
  type RequestContext,
} from '@portcullis/auth';
import { WRONG_DEPOT } from './depot-refusals.js';

class DepotDemand implements AccessDemand {
  readonly kind = 'depot';

  constructor(private readonly depot: string) {}

  describe(): string {
    return `depot ${this.depot}`;
  }

  check({ app }: RequestContext): void {
    if (app?.metadata.depot === this.depot) return;
    throw new PortcullisError(WRONG_DEPOT, `the app is not of the depot ${this.depot}`);
  }
}

const DEPOT: DemandDefinition<string> = {
  kind: 'depot',
  decorator: '@RequireDepot',
  requires: 'app',
  merge: 'nearest',
  problemOf: (depot) => (depot === '' ? 'must name a depot' : undefined),
  compile: (depot) => new DepotDemand(depot),
};

/** Demands an app of this depot. The method's goes before that of its class. */
export function RequireDepot(depot: string): ClassDecorator & MethodDecorator {
  return declareDemand(DEPOT, depot);
}
