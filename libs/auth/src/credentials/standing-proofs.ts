import type { Identity } from '../identity/identity.js';
import type { RequestContext } from '../request/request-context.js';
import type { CredentialScheme } from './credential-scheme.js';
import type { CredentialSchemes } from './credential-schemes.js';

/** What a credential has proven that its client sends again and again. */
export interface Standing {
  /**
   * Whether it would be proven again, and may be used by this request, as far as can be said at once: all is asked of it that may have
   * changed since. What it says no to is proven from the start.
   */
  holds(request: RequestContext): boolean;
}

/**
 * What schemes have whose `present` goes by the headers that they name, and refuses what is in the query or in a form: from a credential that
 * has just been proven, what holds of it until something changes; undefined where each request has to prove more.
 */
export const STANDING = Symbol('portcullis.standing');

/** A scheme, or a format of bearer tokens. */
export interface Lasting {
  [STANDING](presented: string): Standing | undefined;
}

export function isLasting(value: object): value is Lasting {
  return STANDING in value;
}

interface Proof {
  readonly standing: Standing;
  readonly identity: Identity;
  readonly kind: string;
}

/** What headers have proven, and what of them the schemes had read: an app may change headers on their way. */
interface Proven {
  readonly values: readonly (string | undefined)[];
  readonly proofs: readonly Proof[];
}

/**
 * Who was proven by the headers that a connection keeps sending. It only ever says that all is as it was: whoever is to be refused is refused by
 * the schemes, which are asked whenever anything is not.
 */
export class StandingProofs {
  readonly #proven = new WeakMap<readonly string[], Proven>();
  /** What decides who is proven, with what says whether the body is a form. */
  readonly #names: readonly string[];
  /** None where a scheme of the app might look at anything else. */
  readonly #schemes: readonly (CredentialScheme & Lasting)[];

  constructor({ all }: CredentialSchemes) {
    const names = all.flatMap(({ headers }) => headers);
    this.#names = [...new Set([...names, 'authorization', 'content-type'])];
    this.#schemes = all.every(isLasting) ? (all as readonly (CredentialScheme & Lasting)[]) : [];
  }

  /** What was proven by the same headers over the same connection, where all of it still holds. */
  of(request: RequestContext): readonly Proof[] | undefined {
    if (!request.isRepeated || mayHoldMore(request)) return undefined;
    const proven = this.#proven.get(request.keptHeaders);
    if (proven === undefined || !this.#areSame(proven.values, request)) return undefined;
    for (const { standing } of proven.proofs) if (!standing.holds(request)) return undefined;
    return proven.proofs;
  }

  /** To be called when all credentials of a request were proven at once. */
  keep(request: RequestContext): void {
    if (!request.isRepeated || mayHoldMore(request) || request.hasForm) return;
    const proofs: Proof[] = [];
    for (const scheme of this.#schemes) {
      const identity = request.provenBy(scheme.kind);
      if (identity === undefined) continue;
      const standing = scheme[STANDING](scheme.present(request) as string);
      if (standing === undefined) return;
      proofs.push({ standing, identity, kind: scheme.kind });
    }
    if (proofs.length === 0) return;
    const values = this.#names.map((name) => request.header(name));
    this.#proven.set(request.keptHeaders, { values, proofs });
  }

  #areSame(values: readonly (string | undefined)[], request: RequestContext): boolean {
    for (let index = 0; index < values.length; index++)
      if (request.header(this.#names[index] as string) !== values[index]) return false;
    return true;
  }
}

/** A query may hold a credential besides, which its schemes refuse. */
function mayHoldMore({ url }: RequestContext): boolean {
  return url.includes('?');
}
