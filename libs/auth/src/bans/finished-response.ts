import { createHmac, hash } from 'node:crypto';
import type { CredentialSchemes } from '../credentials/credential-schemes.js';
import { detachedCopy } from '../net/detached-copy.js';
import { isAboutRoute } from '../request/options-question.js';
import type { RequestContext } from '../request/request-context.js';
import type { Strike } from './ban.store.js';
import type { Origin } from './origins/origin-reader.js';
import type { Origins } from './origins/origins.js';
import { recentHeaders, recentTargets, type TextNotes } from './recent-texts.js';
import { RequestPayloads, targetOf } from './request-payloads.js';
import { isOwned } from './route-ownership.js';
import { secretIn } from './sent-secrets.js';
import { endsOf, LOOKED_AT } from './signatures/ends-of.js';
import type { FoundPayload } from './signatures/payload-search.js';
import type { PayloadPattern } from './signatures/payload-signature.js';
import { undisguisedPath } from './signatures/undisguised.js';
import { steadyAuthorization, steadyCookies } from './steady-credential.js';
import { listOf, type ScoredResponse } from './strike-match.js';
import type { StrikeRule } from './strike-rules.js';

/** Who encodes more often than that hides nothing from anybody who decodes once. */
const DECODED_AT_MOST = 3;

/** How much counts of what another site made a browser ask for, and of what a handler that names the path has served. */
const CROSS_SITE_SHARE = 0.05;
const SERVED_SHARE = 0.1;

/** Parameters that only keep caches away. */
const CACHE_KEYS =
  /([?&])(?:_|_t|_ts|t|ts|time|timestamp|cb|rnd|rand|random|nocache|nonce|cachebust(?:er)?)=[^&]*/gi;

/** A path is kept in evidence at most this long. */
const KEPT_PATH_LENGTH = 200;

/** A response that is over, for the rules. What is costly to find out waits until a rule asks for it. */
export class FinishedResponse implements ScoredResponse {
  readonly route: 'known' | 'unknown';
  #path: string | undefined;
  #plainPath: string | undefined;
  #url: string | undefined;
  #isOwned: boolean | undefined;
  #areOthersToBlame: boolean | undefined;
  #payloads: RequestPayloads | undefined;
  #targetNotes: TextNotes | undefined;
  #agentNotes: TextNotes | undefined;

  /**
   * @param events what happened, in the rules' words
   * @param schemes of the credentials that it may have come with
   * @param origins where addresses are from
   */
  constructor(
    readonly context: RequestContext,
    readonly status: number | undefined,
    readonly events: readonly string[],
    private readonly schemes: CredentialSchemes,
    private readonly origins?: Origins,
  ) {
    this.route = context.handler === undefined ? 'unknown' : 'known';
  }

  /** For events: the refusal, or else the status. */
  get reason(): string {
    return this.context.refusal?.code ?? this.events[0] ?? `status ${this.answered}`;
  }

  /** Whether a handler that names the path has answered 2xx. */
  protected get isServed(): boolean {
    const { answered } = this;
    return answered !== undefined && answered >= 200 && answered < 300 && this.isOwned;
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

  /** What is known of the path and the query. */
  get targetNotes(): TextNotes {
    this.#targetNotes ??= recentTargets.of(targetOf(this.context));
    return this.#targetNotes;
  }

  /** What is known of the user agent. */
  get agentNotes(): TextNotes {
    this.#agentNotes ??= recentHeaders.of(this.userAgent);
    return this.#agentNotes;
  }

  get path(): string {
    // Express takes a backslash for a slash, where a URL has more in it than a path and a query.
    this.#path ??= decoded(endsOf(this.context.path, LOOKED_AT).replaceAll('\\', '/'));
    return this.#path;
  }

  get url(): string {
    this.#url ??= decodedThoroughly(endsOf(targetOf(this.context), LOOKED_AT));
    return this.#url;
  }

  get plainPath(): string {
    this.#plainPath ??= undisguisedPath(this.context.path);
    return this.#plainPath;
  }

  get isOwned(): boolean {
    this.#isOwned ??= isOwned(this.context, this.answered);
    return this.#isOwned;
  }

  get hasCredential(): boolean {
    const { context } = this;
    return (
      this.schemes.haveSent(context) ||
      context.header('authorization') !== undefined ||
      context.header('cookie') !== undefined
    );
  }

  get hasPassword(): boolean {
    return /^basic\s/i.test(this.context.header('authorization') ?? '');
  }

  get sentSecret(): string | undefined {
    return secretIn(this.context.body);
  }

  /** Whether signatures of ours find a payload. */
  get hasOurPayload(): boolean {
    return this.#payloadsOf().hasOurs;
  }

  get origin(): Origin | undefined {
    return this.origins?.of(this.context.address);
  }

  findPayload(patterns: readonly PayloadPattern[]): FoundPayload | undefined {
    return this.#payloadsOf().find(patterns);
  }

  #payloadsOf(): RequestPayloads {
    this.#payloads ??= new RequestPayloads(this.context, this.targetNotes);
    return this.#payloads;
  }

  /**
   * What a rule that counts only what is new looks at, as a digest.
   *
   * @param guessKey of the digests of passwords: whoever reads the shared limiter could find out what plain ones are of
   */
  distinctKey(rule: StrikeRule, guessKey: Buffer): string {
    const text = this.#distinctText(rule);
    const isOfPassword = rule.distinct === 'secret' || (rule.distinct === 'credential' && this.hasPassword);
    const digest = isOfPassword
      ? createHmac('sha256', guessKey).update(text).digest('base64url')
      : hash('sha256', text, 'base64url');
    return digest.slice(0, 16);
  }

  #distinctText(rule: StrikeRule): string {
    const { context } = this;
    if (rule.distinct === 'path') return context.path.length > LOOKED_AT ? context.path : this.path;
    if (rule.distinct === 'extension') return extensionOf(this.plainPath);
    if (rule.distinct === 'parameters') return parametersIn(context.target);
    if (rule.distinct === 'target') return withoutCacheKeys(context.target);
    if (rule.distinct === 'agent') return this.userAgent;
    if (rule.distinct === 'secret') return this.sentSecret ?? '';
    if (rule.distinct === 'payload') return this.#payloadOf(rule)?.shape ?? '';
    // What else is sent with a password says nothing of it.
    if (rule.match.credential === 'password') return context.header('authorization') ?? '';
    if (this.schemes.haveSent(context)) return this.schemes.fingerprintOf(context, steadyValue);
    const authorization = steadyAuthorization(context.header('authorization') ?? '');
    return `${authorization} ${steadyCookies(context.header('cookie') ?? '')}`;
  }

  #payloadOf({ match: { payload } }: StrikeRule): FoundPayload | undefined {
    return payload === undefined ? undefined : this.findPayload(listOf(payload));
  }

  /** Asks whether another site is to blame, once for all rules that are broken. */
  blameOthers(areToBlame: () => boolean): void {
    this.#areOthersToBlame ??= areToBlame();
  }

  /** Points for breaking a rule, of which others may be to blame for the most. @param limit as many as `Infinity` stands for */
  pointsFor(rule: StrikeRule, limit: number): number {
    return Math.max(1, Math.floor(Math.min(rule.score, limit) * this.#shareOf(rule)));
  }

  /** Whether one strike is enough, whoever is behind the address. */
  bansAtOnce(rule: StrikeRule): boolean {
    return rule.score === Number.POSITIVE_INFINITY && this.#shareOf(rule) === 1;
  }

  /** How much of its points counts. */
  #shareOf(rule: StrikeRule): number {
    // No page can set the headers that payloads are looked for in.
    if (rule.lenient !== true || this.#payloadOf(rule)?.isInHeader === true) return 1;
    if (this.#areOthersToBlame === true) return CROSS_SITE_SHARE;
    return this.isServed ? SERVED_SHARE : 1;
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
  constructor(context: RequestContext, status: number, schemes: CredentialSchemes, origins?: Origins) {
    const isKnown = isAboutRoute(context);
    super(context, isKnown ? undefined : 404, [], schemes, origins);
    this.route = isKnown ? 'known' : 'unknown';
    this.#answered = status;
  }

  override get isOwned(): boolean {
    return this.route === 'known';
  }

  protected override get isServed(): boolean {
    return false;
  }

  protected override get answered(): number {
    return this.#answered;
  }
}

function steadyValue(name: string, value: string): string {
  return name === 'authorization' ? steadyAuthorization(value) : value;
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

function withoutCacheKeys(target: string): string {
  return target.includes('?') ? target.replace(CACHE_KEYS, '$1') : target;
}

/** The names of a query, without their values. */
function parametersIn(target: string): string {
  const query = target.slice(target.indexOf('?') + 1);
  return query.replace(/=[^&]*/g, '');
}

/** Without the number of a version. */
function extensionOf(path: string): string {
  return /\.([a-z]{1,10})\d{0,2}(?:\/|$)/i.exec(path)?.[1]?.toLowerCase() ?? '';
}
