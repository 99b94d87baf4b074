import { createHash } from 'node:crypto';
import type { CredentialSchemes } from '../credentials/credential-schemes.js';
import { detachedCopy } from '../net/detached-copy.js';
import { isAboutRoute } from '../request/options-question.js';
import type { RequestContext } from '../request/request-context.js';
import type { Strike } from './ban.store.js';
import type { ScoredResponse } from './strike-match.js';
import type { StrikeRule } from './strike-rules.js';

/** Who encodes more often than that hides nothing from anybody who decodes once. */
const DECODED_AT_MOST = 3;

/** A path is kept in evidence at most this long. */
const KEPT_PATH_LENGTH = 200;

/** A response that is over, for the rules. What is costly to find out waits until a rule asks for it. */
export class FinishedResponse implements ScoredResponse {
  readonly route: 'known' | 'unknown';
  #path: string | undefined;
  #url: string | undefined;

  /**
   * @param events what happened, in the rules' words
   * @param schemes of the credentials that it may have come with
   */
  constructor(
    readonly context: RequestContext,
    readonly status: number | undefined,
    readonly events: readonly string[],
    private readonly schemes: CredentialSchemes,
  ) {
    this.route = context.handler === undefined ? 'unknown' : 'known';
  }

  /** For events: the refusal, or else the status. */
  get reason(): string {
    return this.context.refusal?.code ?? this.events[0] ?? `status ${this.answered}`;
  }

  /** The status of the answer, which rules may see as another one. */
  protected get answered(): number | undefined {
    return this.status;
  }

  get method(): string {
    return this.context.method;
  }

  get userAgent(): string {
    return this.context.userAgent;
  }

  get path(): string {
    // Express takes a backslash for a slash, where a URL has more in it than a path and a query.
    this.#path ??= decoded(this.context.path.replaceAll('\\', '/'));
    return this.#path;
  }

  get url(): string {
    const { handler, path, target } = this.context;
    this.#url ??= decodedThoroughly(handler?.traits.foreignQuery ? path : target);
    return this.#url;
  }

  /** What a rule that counts only what is new looks at, as a digest; the empty text where there is none. */
  distinctKey(distinct: NonNullable<StrikeRule['distinct']>): string {
    const text = distinct === 'path' ? this.path : this.schemes.fingerprintOf(this.context);
    return createHash('sha256').update(text).digest('base64url').slice(0, 16);
  }

  /** The strike that a rule makes of it. */
  strikeBy({ id: rule }: StrikeRule, points: number, at: number): Strike {
    const { requestId, method, path, address } = this.context.facts;
    const kept = detachedCopy(path.slice(0, KEPT_PATH_LENGTH));
    return { rule, points, at, address, requestId, method, path: kept, status: this.answered ?? null };
  }
}

/**
 * The answer to an OPTIONS request that met no handler. Whoever gave it (the framework, a middleware for CORS) has not looked at the path,
 * so rules see what a request of the method that it asks about would get: nothing of its status where a route takes it, or else a 404.
 */
export class AnsweredQuestion extends FinishedResponse {
  override readonly route: 'known' | 'unknown';
  readonly #answered: number;

  /** @param status of the answer */
  constructor(context: RequestContext, status: number, schemes: CredentialSchemes) {
    const isKnown = isAboutRoute(context);
    super(context, isKnown ? undefined : 404, [], schemes);
    this.route = isKnown ? 'known' : 'unknown';
    this.#answered = status;
  }

  protected override get answered(): number {
    return this.#answered;
  }
}

function decodedThoroughly(url: string): string {
  let text = url.replaceAll('+', ' ');
  for (let round = 0; round < DECODED_AT_MOST && text.includes('%'); round++) text = decoded(text);
  return text;
}

/** What is no encoding stays as it is: an attacker's URL needs not be well-formed. */
function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return bytesOf(text);
  }
}

function bytesOf(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}
