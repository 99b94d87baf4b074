import type { AccessDemand, DemandDefinition } from '../access/access-demand.js';
import { BEARER_KIND } from '../credentials/bearer-scheme.js';
import { PortcullisError } from '../errors.js';
import type { RequestContext } from '../request/request-context.js';
import { DPOP_KIND } from '../tokens/token-kinds.js';
import { BINDING_REQUIRED } from './binding-refusals.js';

/** Demands a credential that is of no use to whoever copies it. */
class BindingCheck implements AccessDemand {
  readonly kind = 'binding';

  describe(): string {
    return 'a credential that is bound to a key, with a proof of that key';
  }

  /** Where there is a user, it is their token that would be worth stealing. */
  check({ user, app }: RequestContext): void {
    const identity = user ?? app;
    if (identity?.confirmation !== undefined) return;
    throw new PortcullisError(BINDING_REQUIRED, `the ${identity?.kind} has a credential that is not bound`, {
      challenge: [DPOP_KIND, BEARER_KIND],
    });
  }
}

export const BINDING_DEMAND: DemandDefinition<true> = {
  kind: 'binding',
  decorator: '@RequireBinding',
  merge: 'nearest',
  compile: () => new BindingCheck(),
};
