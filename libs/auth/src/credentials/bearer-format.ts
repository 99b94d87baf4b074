import type { MaybePromise } from '../async/maybe-promise.js';
import type { Identity } from '../identity/identity.js';
import type { RequestContext } from '../request/request-context.js';
import type { FoundCredential } from './credential-scheme.js';

/** Injects the bearer formats of this app, in the order in which they are asked. */
export const BEARER_FORMATS = Symbol('portcullis.bearer-formats');

/** What a bearer token may be. The first format that recognises the text proves it, or refuses it for good. */
export interface BearerFormat {
  /** Its name. Of its own for each format. */
  readonly kind: string;
  /** Whose identity it is there to prove. */
  readonly proves: 'user' | 'app' | 'either';
  /** Why it can prove nobody in this app, if so. */
  readonly unusable?: string | undefined;
  /** Parameters for the challenge `Bearer`. */
  readonly challengeParameters?: Readonly<Record<string, string>>;
  /** Whether the text is of this format, good or bad. */
  recognises(text: string): boolean;
  /** @throws PortcullisError `invalid_token` when it proves nobody */
  prove(text: string, request: RequestContext): MaybePromise<Identity>;
  /** The public name of a real token, for leak reports; undefined for an invented one. It may throw. */
  nameOf(text: string): Promise<string | undefined>;
  /** The first token of this format in a text, where it can be told from other text. */
  findIn?(text: string): FoundCredential<string> | undefined;
}
