import type { AppIdentity, UserIdentity } from '../identity/identity.js';
import { RequestContext } from './request-context.js';
import { type FrameworkRequest, isFrameworkRequest } from './request-head.js';

/** Who was proven for a request. */
export interface ProvenIdentities {
  /** On whose behalf the call is made; undefined where no user was proven. */
  readonly user: UserIdentity | undefined;
  /** Which application is calling; undefined where none was proven. */
  readonly app: AppIdentity | undefined;
}

const NOBODY: ProvenIdentities = Object.freeze({ user: undefined, app: undefined });

/**
 * Who was proven for a request: for guards by `@UseGuards`, interceptors, filters, request-scoped providers and parameter
 * decorators of your own. Before Portcullis' guard has decided, as in a middleware, nobody was.
 *
 * @param request as the framework hands it out (`host.switchToHttp().getRequest()`, `@Inject(REQUEST)`), or Node's own
 */
export function identityOf(request: FrameworkRequest): ProvenIdentities {
  const context = isFrameworkRequest(request) ? RequestContext.of(request) : undefined;
  return context === undefined ? NOBODY : { user: context.user, app: context.app };
}
