import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { MALFORMED_REQUEST, PortcullisError } from '../errors.js';
import { excessOf, type InputLimits } from './input-excess.js';

/** What a framework has read of a request. */
interface ReadInput {
  readonly url: string;
  readonly body?: unknown;
  readonly query?: unknown;
}

/**
 * Refuses bodies and queries that pipes could not walk: a few KB of nested lists would end in a 500 there, and a list of 30,000 objects
 * would keep the process busy for a second. A guard, because every guard comes before every pipe.
 *
 * Give it to a whole app, `app.useGlobalGuards(new InputLimitsGuard())`, or to a handler, `@UseGuards(new InputLimitsGuard({ maxValues }))`;
 * each that a request meets has to let it pass.
 */
export class InputLimitsGuard implements CanActivate {
  readonly #limits: InputLimits;

  /** @param limits by default 32 levels and 1,000 values */
  constructor(limits: InputLimits = {}) {
    this.#limits = limits;
  }

  /** @throws PortcullisError `malformed_request` */
  canActivate(host: ExecutionContext): true {
    if (host.getType<string>() !== 'http') return true;
    const { url, body, query } = host.switchToHttp().getRequest<ReadInput>();
    this.#demandLittle('body', body);
    // Express parses it whenever it is asked for.
    if (url.includes('?')) this.#demandLittle('query', query);
    return true;
  }

  #demandLittle(what: string, input: unknown): void {
    const excess = excessOf(input, this.#limits);
    if (excess !== undefined) throw new PortcullisError(MALFORMED_REQUEST, `the ${what} ${excess}`);
  }
}
