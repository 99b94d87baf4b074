import type { Endpoint } from './endpoint.js';
import { reasonOf } from './failure.js';
import { type Finding, fail, ok } from './finding.js';

/**
 * Whether a server can be reached.
 *
 * @param advice what to look at when it can't
 */
export async function reach(
  service: string,
  { shown }: Endpoint,
  open: () => Promise<unknown>,
  advice: string,
): Promise<Finding> {
  const check = `${service.toLowerCase()}.reachable`;
  try {
    await open();
    return ok(check, `${service} at ${shown} can be reached`);
  } catch (error) {
    return fail(check, `${service} at ${shown} can't be used: ${reasonOf(error)}`, advice);
  }
}
