import type { AccessDemand, DemandDefinition } from '../access/access-demand.js';
import { BEARER_KIND } from '../credentials/bearer-scheme.js';
import { PortcullisError } from '../errors.js';
import type { UserIdentity } from '../identity/identity.js';
import type { Clock } from '../options/clock.js';
import type { RequestContext } from '../request/request-context.js';
import { DPOP_KIND } from './token-kinds.js';
import { INSUFFICIENT_USER_AUTHENTICATION } from './token-refusals.js';

/** How a user must have logged in. All that is given must hold. */
export interface LoginDemand {
  /** `acr`: it has to be one of these; the one that suits best comes first. */
  readonly acr?: string | readonly string[];
  /** `amr`: all of these have to be among it. */
  readonly amr?: string | readonly string[];
  /** `auth_time`: how long ago the login may be at most, in seconds. */
  readonly maxAgeSeconds?: number;
}

/** As a text of a challenge has to be (RFC 6749 appendix A, NQCHAR): neither blanks nor quotes. */
const NAME = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

const PARTS = ['acr', 'amr', 'maxAgeSeconds'] as const;

/** Demands a login of a strength and an age (RFC 9470). */
export class LoginCheck implements AccessDemand {
  readonly kind = 'login';
  readonly #acr: readonly string[] | undefined;
  readonly #amr: readonly string[];
  readonly #maxAgeSeconds: number | undefined;
  readonly #demanded: Readonly<Record<string, string | number>>;

  constructor({ acr, amr, maxAgeSeconds }: LoginDemand) {
    this.#acr = acr === undefined ? undefined : namesIn(acr);
    this.#amr = namesIn(amr);
    this.#maxAgeSeconds = maxAgeSeconds;
    this.#demanded = {
      ...(this.#acr !== undefined && { acr_values: this.#acr.join(' ') }),
      // RFC 9470 has no name for it; clients pass over what they do not know.
      ...(this.#amr.length > 0 && { amr_values: this.#amr.join(' ') }),
      ...(maxAgeSeconds !== undefined && { max_age: maxAgeSeconds }),
    };
  }

  describe(): string {
    return [
      'a login',
      ...(this.#acr === undefined ? [] : [`of acr ${this.#acr.join(' or ')}`]),
      ...(this.#amr.length === 0 ? [] : [`by ${this.#amr.join(' and ')}`]),
      ...(this.#maxAgeSeconds === undefined ? [] : [`at most ${this.#maxAgeSeconds} s ago`]),
    ].join(' ');
  }

  check({ user }: RequestContext, now: Clock): void {
    this.demand(user, now);
  }

  /**
   * For code that finds out only in the handler that it matters.
   *
   * @param now the app's clock: milliseconds since the epoch
   * @throws PortcullisError `insufficient_user_authentication`
   */
  demand(user: UserIdentity | undefined, now: Clock): void {
    const lacking = this.#lackingIn(user, now);
    if (lacking === undefined) return;
    throw new PortcullisError(INSUFFICIENT_USER_AUTHENTICATION, lacking, {
      challenge: [BEARER_KIND, DPOP_KIND],
      demanded: this.#demanded,
    });
  }

  /** Why it is not met, for the operator. */
  #lackingIn(user: UserIdentity | undefined, now: Clock): string | undefined {
    const login = user?.login;
    if (login === undefined)
      return `${user?.keyId === undefined ? 'the token says of no login that counts here' : `a personal token (${user.keyId}) is no login`}, and ${this.describe()} is demanded`;
    if (this.#acr !== undefined && (login.acr === undefined || !this.#acr.includes(login.acr)))
      return `the login is not of acr ${this.#acr.join(' or ')}`;
    const missing = this.#amr.filter((method) => !login.amr.includes(method));
    if (missing.length > 0) return `the login was not by ${missing.join(', nor by ')}`;
    if (this.#maxAgeSeconds === undefined) return undefined;
    if (login.authTime === undefined) return 'the token does not say when the login was';
    const isOlder = now() / 1000 - login.authTime > this.#maxAgeSeconds;
    return isOlder ? `the login is older than ${this.#maxAgeSeconds} s` : undefined;
  }
}

export const LOGIN: DemandDefinition<LoginDemand> = {
  kind: 'login',
  decorator: '@RequireLogin',
  // No app has logged in.
  requires: 'user',
  merge: 'all',
  unite: (values) => {
    const lists = values.flatMap(({ acr }) => (acr === undefined ? [] : [namesIn(acr)]));
    const [first = [], ...others] = lists;
    const acr = first.filter((name) => others.every((list) => list.includes(name)));
    if (lists.length > 0 && acr.length === 0) return undefined;
    const amr = [...new Set(values.flatMap((value) => namesIn(value.amr)))];
    const ages = values.flatMap(({ maxAgeSeconds }) => maxAgeSeconds ?? []);
    return {
      ...(lists.length > 0 && { acr }),
      ...(amr.length > 0 && { amr }),
      ...(ages.length > 0 && { maxAgeSeconds: Math.min(...ages) }),
    };
  },
  problemOf: (wanted) => {
    if (typeof wanted !== 'object' || wanted === null || Object.keys(wanted).length === 0)
      return `must name one of ${PARTS.join(', ')}`;
    const unknown = Object.keys(wanted).find((name) => !PARTS.some((part) => part === name));
    if (unknown !== undefined) return `has no part ${JSON.stringify(unknown)}: there are ${PARTS.join(', ')}`;
    // A value of undefined, as of a variable that is not set, would be met by anything.
    if ('acr' in wanted && !areNames(wanted.acr)) return `${NAMED} for acr`;
    if ('amr' in wanted && !areNames(wanted.amr)) return `${NAMED} for amr`;
    const { maxAgeSeconds } = wanted;
    if ('maxAgeSeconds' in wanted && !(Number.isSafeInteger(maxAgeSeconds) && Number(maxAgeSeconds) > 0))
      return 'must have a whole number of seconds above 0 for maxAgeSeconds';
    return undefined;
  },
  compile: (wanted) => new LoginCheck(wanted),
};

const NAMED = 'must have a text, or a list of texts, without blanks and quotes';

function areNames(value: unknown): boolean {
  const names = Array.isArray(value) ? value : [value];
  return names.length > 0 && names.every((name) => typeof name === 'string' && NAME.test(name));
}

function namesIn(value: string | readonly string[] = []): readonly string[] {
  return typeof value === 'string' ? [value] : [...value];
}
