import type { MaybePromise } from '../async/maybe-promise.js';
import type { PortcullisError } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import type { RequestContext } from '../request/request-context.js';

/**
 * How a client is told to authenticate (RFC 9110 section 11.6.1). Realm, error and scope are added to it.
 */
export interface Challenge {
  /** `Bearer`, `ApiKey`, … */
  readonly scheme: string;
  /** What else the client has to know, such as the header that it has to use. Values without quotes. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Further headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A credential that stands in some text, such as a URL. */
export interface FoundCredential<Presented = unknown> {
  readonly presented: Presented;
  /** What people call it, with an article: `an API key`. */
  readonly called: string;
}

/**
 * One way to prove who is calling. It reads one kind of credential and proves it, and nothing else: the core sees to it that
 * each header comes once, that the credential came over TLS, that this instance may still vouch for it, that no request names
 * two apps or two users, and that leaks and guesses are noticed.
 *
 * @typeParam Presented a credential as it was sent, not yet proven
 */
export interface CredentialScheme<Presented = unknown> {
  /** Its name in events, reasons and the `challenge` of errors. Of its own for each scheme. */
  readonly kind: string;
  /** Whose missing identity it is the answer to: which challenge a refusal carries. What it proves may be another one. */
  readonly proves: 'user' | 'app' | 'either';
  /** The headers that it reads, in lower case. None of them may come twice, and by their values guesses are told apart. */
  readonly headers: readonly string[];
  /** What a client is to send, with an article and its place: `an API key in the header X-API-Key`. By default its headers are named. */
  readonly howToSend?: string | undefined;
  /** Why it can prove nobody in this app, if so: a route that needs it is then an error at boot. */
  readonly unusable?: string | undefined;
  /**
   * Reads the credential of a request.
   *
   * @returns undefined when there is none of this kind
   * @throws PortcullisError `invalid_request` when there is one, but not as it should be
   */
  present(request: RequestContext): Presented | undefined;
  /**
   * Proves a credential; once for each request. Whether it has expired or was revoked is looked at here, for an app's own scheme nowhere else.
   *
   * @returns a promise only where something has to be looked up
   * @throws PortcullisError when it proves nobody
   */
  prove(presented: Presented, request: RequestContext): MaybePromise<Identity>;
  /**
   * What is wrong where none was presented, though its client seems to have meant to: a sentence for the client, which quotes nothing
   * that was sent.
   */
  explain?(request: RequestContext): string | undefined;
  /**
   * How a client is told to use it; undefined where that would be of no use.
   *
   * @param refusal why, if a credential was sent at all
   */
  challenge(refusal: PortcullisError): Challenge | undefined;
  /** The public name of a real credential, for leak reports; undefined for an invented one. It may throw. */
  nameOf(presented: Presented): Promise<string | undefined>;
  /** The first credential of this kind in a text, where it can be told from other text: a text that held none is not always shown again. */
  findIn?(text: string): FoundCredential<Presented> | undefined;
}
