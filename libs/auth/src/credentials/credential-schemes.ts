import { atOnce } from '../async/maybe-promise.js';
import { PortcullisConfigurationError, type PortcullisError } from '../errors.js';
import { Log } from '../log.js';
import { detachedCopy } from '../net/detached-copy.js';
import type { RequestContext } from '../request/request-context.js';
import { TextTable } from '../text-table.js';
import type { Challenge, CredentialScheme, FoundCredential } from './credential-scheme.js';

/** A credential that was found in a text, with the scheme that it is of. */
export interface StrayCredential extends FoundCredential {
  readonly scheme: CredentialScheme;
}

/** In characters; a longer URL is rare, and looked at each time. */
const LONGEST_REMEMBERED = 500;

/** The schemes of this app, in the order in which they are asked. */
export class CredentialSchemes {
  readonly #logger = new Log();
  readonly #headers: readonly string[];
  /** URLs that came lately and hold no credential: most come again and again. */
  readonly #clean = new TextTable<true>();
  readonly #proving: Readonly<Record<'user' | 'app', readonly CredentialScheme[]>>;

  /** @throws PortcullisConfigurationError where a scheme names a header in capitals: Node has none of these */
  constructor(readonly all: readonly CredentialScheme[]) {
    const problems = all.flatMap(({ kind, headers }) =>
      headers
        .filter((name) => name !== name.toLowerCase())
        .map(
          (name) =>
            `the credential scheme ${JSON.stringify(kind)} names the header ${name} not in lower case`,
        ),
    );
    if (problems.length > 0) throw new PortcullisConfigurationError(problems);
    this.#headers = [...new Set(all.flatMap(({ headers }) => headers))];
    const proving = (identity: 'user' | 'app') => {
      const able = all.filter(({ proves }) => proves === identity || proves === 'either');
      const usable = able.filter(({ unusable }) => unusable === undefined);
      return usable.length === 0 ? able : usable;
    };
    this.#proving = { user: proving('user'), app: proving('app') };
  }

  find(kind: string): CredentialScheme | undefined {
    return this.all.find((scheme) => scheme.kind === kind);
  }

  /** The schemes that would help where an identity is missing; those that prove nobody only where there are no others. */
  for(identity: 'user' | 'app'): readonly CredentialScheme[] {
    return this.#proving[identity];
  }

  /** Why nobody can prove such an identity in this app; undefined where somebody can. */
  whyUnusable(identity: 'user' | 'app'): string | undefined {
    const schemes = this.for(identity);
    if (schemes.some(({ unusable }) => unusable === undefined)) return undefined;
    return schemes.map(({ unusable }) => unusable).join('; ') || 'no credential can prove one';
  }

  /** Whether a request has a header that one of them reads. */
  areUsedBy(request: RequestContext): boolean {
    return this.#headers.some((name) => request.header(name) !== undefined);
  }

  /**
   * Everything that was sent to prove an identity, with nothing checked: for telling one guess from another, never to be logged.
   *
   * @param partOf what of a header's value counts; all of it by default
   */
  fingerprintOf(request: RequestContext, partOf = (_name: string, value: string): string => value): string {
    const sent = this.#headers.map((name) => partOf(name, request.header(name) ?? ''));
    return JSON.stringify([...sent, request.isRedacted ? request.url : '']);
  }

  /** Whether anything was sent to prove an identity. */
  haveSent(request: RequestContext): boolean {
    return request.isRedacted || this.#headers.some((name) => request.header(name) !== undefined);
  }

  /** The first credential in a URL, also one that is percent-encoded. */
  findInUrl(url: string): StrayCredential | undefined {
    if (this.#clean.get(url)) return undefined;
    const found = this.#findIn(url) ?? (url.includes('%') ? this.#findIn(decoded(url)) : undefined);
    if (found === undefined && url.length <= LONGEST_REMEMBERED) this.#clean.set(detachedCopy(url), true);
    return found;
  }

  /** The challenges of a refusal as they go over the wire (RFC 9110 section 11.6.1, RFC 6750 section 3). */
  challengesFor(
    refusal: PortcullisError,
    realm: string,
  ): { values: string[]; headers: Record<string, string> } {
    const values: string[] = [];
    const headers: Record<string, string> = {};
    for (const kind of refusal.challenge) {
      const challenge = this.#challengeOf(kind, refusal);
      if (challenge === undefined) continue;
      const parameters = { realm, ...challenge.parameters, ...errorParameters(refusal) };
      const written = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
      values.push(`${challenge.scheme} ${written.join(', ')}`);
      Object.assign(headers, challenge.headers);
    }
    return { values, headers };
  }

  /** A refusal is answered also where a scheme fails to say how it is used. */
  #challengeOf(kind: string, refusal: PortcullisError): Challenge | undefined {
    try {
      return atOnce(this.find(kind)?.challenge(refusal), 'a challenge');
    } catch (error) {
      this.#logger.error(`The credential scheme ${JSON.stringify(kind)} has no challenge: ${error}`);
      return undefined;
    }
  }

  #findIn(text: string): StrayCredential | undefined {
    for (const scheme of this.all) {
      const found = atOnce(scheme.findIn?.(text), 'what a credential scheme finds') ?? undefined;
      if (found !== undefined) return { ...found, scheme };
    }
    return undefined;
  }
}

/** RFC 6750 section 3.1: a request without any credential is asked for one, and gets no error. */
function errorParameters({ code, scope, demanded }: PortcullisError): Record<string, string | number> {
  return {
    ...(code !== 'credentials_required' && { error: code }),
    ...(scope !== undefined && { scope }),
    ...demanded,
  };
}

function decoded(url: string): string {
  return url.replace(/%[0-9a-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
}
