import { HttpException } from '@nestjs/common';

/** Every code of a refusal. Open: whoever defines a refusal adds its code here, by declaration merging. */
export interface RefusalCodes {
  credentials_required: true;
  invalid_request: true;
  malformed_request: true;
  too_many_headers: true;
  insufficient_scope: true;
  tenant_mismatch: true;
  temporarily_unavailable: true;
  unsupported_context: true;
}

/** The stable code of a refusal: `error` in challenges (RFC 6750 section 3.1 where it names one) and `code` in bodies. */
export type RefusalCode = keyof RefusalCodes;

/**
 * One way to refuse a request. `title` and `detail` are what the client reads, so they never say which of several causes
 * applied; the cause goes to {@link PortcullisError.reason}.
 */
export interface Refusal<Code extends RefusalCode = RefusalCode> {
  readonly code: Code;
  /** The HTTP status of the answer. */
  readonly status: number;
  /** A short human title, the same for every occurrence (RFC 9457 section 3.1.3). */
  readonly title: string;
  readonly detail: string;
  /** The page about it, as a URI: `type` of the problem details (RFC 9457 section 3.1.1). `about:blank` where there is none. */
  readonly page: string;
  /** All that was sent is good, and the answer brings what else it takes: it may be given at a banned address, too (`bans.letInProven`). */
  readonly bringsWhatIsMissing?: boolean;
}

/**
 * Defines a refusal. Its code has to be among {@link RefusalCodes}, and whoever registers it registers it once.
 *
 * @param facts `page` is `about:blank` by default: clients then go by the code
 */
export function defineRefusal<Code extends RefusalCode>(
  code: Code,
  facts: Omit<Refusal, 'code' | 'page'> & Partial<Pick<Refusal, 'page'>>,
): Refusal<Code> {
  return Object.freeze({ page: 'about:blank', code, ...facts });
}

export const CREDENTIALS_REQUIRED = defineRefusal('credentials_required', {
  status: 401,
  title: 'Credentials required',
  detail: 'This resource is closed to anonymous callers.',
});

export const INVALID_REQUEST = defineRefusal('invalid_request', {
  status: 400,
  title: 'Invalid request',
  detail: 'A credential must be sent exactly once, in its header.',
});

export const MALFORMED_REQUEST = defineRefusal('malformed_request', {
  status: 400,
  title: 'Malformed request',
  detail: 'The body or the query cannot be read, is nested too deep, or holds too much.',
});

export const TOO_MANY_HEADERS = defineRefusal('too_many_headers', {
  status: 431,
  title: 'Too many headers',
  detail: 'The request has more headers than can be read.',
});

export const INSUFFICIENT_SCOPE = defineRefusal('insufficient_scope', {
  status: 403,
  title: 'Insufficient scope',
  detail: 'The credential is valid but does not carry the scope that this resource demands.',
});

export const TENANT_MISMATCH = defineRefusal('tenant_mismatch', {
  status: 403,
  title: 'Tenant mismatch',
  detail: 'The application and the user do not belong to the same tenant.',
});

export const TEMPORARILY_UNAVAILABLE = defineRefusal('temporarily_unavailable', {
  status: 503,
  title: 'Temporarily unavailable',
  detail: 'This cannot be done at the moment.',
});

export const UNSUPPORTED_CONTEXT = defineRefusal('unsupported_context', {
  status: 501,
  title: 'Unsupported context',
  detail: 'This kind of handler cannot be reached.',
});

/** What any handler may meet, whichever credentials and demands there are. */
export const CORE_REFUSALS: readonly Refusal[] = [
  CREDENTIALS_REQUIRED,
  INVALID_REQUEST,
  MALFORMED_REQUEST,
  TOO_MANY_HEADERS,
  INSUFFICIENT_SCOPE,
  TENANT_MISMATCH,
  TEMPORARILY_UNAVAILABLE,
  UNSUPPORTED_CONTEXT,
];

export interface RefusalDetails {
  /** Another text for the client than the definition's, where a client that has proved something already may learn what it lacks. */
  readonly detail?: string;
  /** The kinds of the credentials to challenge for; none by default. */
  readonly challenge?: readonly string[];
  /** The scopes that it is about, space-separated; with a challenge, those that would have been enough (RFC 6750 section 3). */
  readonly scope?: string;
  /**
   * What else would have been enough, by names that challenges and bodies share: `acr_values` and `max_age` (RFC 9470 section 3). Values
   * without quotes.
   */
  readonly demanded?: Readonly<Record<string, string | number>>;
  /** Seconds after which trying again makes sense. */
  readonly retryAfterSeconds?: number;
  /** Another status than the definition's. */
  readonly status?: number;
  /** What the rules for strikes call it, where the code says too little. By default the code. */
  readonly strikeEvent?: string;
  /** The API key that it is about, proven or not. Never shown to the client. */
  readonly keyId?: string;
  /**
   * Who was proven and is refused all the same, as one text that tells them from others; undefined for nobody. Asked when it matters, since
   * a refusal must not take longer for a real credential. Never shown to the client.
   */
  readonly caller?: () => string | undefined;
  /** What led here. Never shown to the client. */
  readonly cause?: unknown;
}

/** The bodies that were taken out of errors, to be answered as problem details where Nest's own filter sends one. */
const BODIES = new WeakMap<object, PortcullisError>();

/**
 * A request that is refused. It extends Nest's `HttpException`, so an app's own exception filters and loggers treat it as
 * the ordinary 4xx that it is; `ProblemFilter` adds the challenge and the problem body. What it says to the operator alone is no
 * property that is copied or serialized with it, by whatever transport.
 */
export class PortcullisError extends HttpException {
  override readonly name = 'PortcullisError';
  readonly scope: string | undefined;
  /** What else would have been enough, by the names that challenges and bodies share. */
  readonly demanded: Readonly<Record<string, string | number>> | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** What the client may read. */
  readonly detail: string;
  readonly #reason: string;
  readonly #keyId: string | undefined;
  #caller: (() => string | undefined) | undefined;
  readonly #strikeEvent: string | undefined;
  #challenge: readonly string[];

  /**
   * @param refusal which refusal it is; gives status, title and the client's text
   * @param reason the cause in words for the operator; it never holds a credential
   */
  constructor(
    readonly refusal: Refusal,
    reason: string,
    details: RefusalDetails = {},
  ) {
    const { title } = refusal;
    const { status = refusal.status, detail = refusal.detail } = details;
    // Reason and code say where a refusal comes from. Finding out the stack takes longer than all the rest of it.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super({ statusCode: status, error: title, message: detail }, status);
    Error.stackTraceLimit = stackTraceLimit;
    // As Node does it itself; what Nest makes of its `options` would be sent along.
    if (details.cause !== undefined)
      Object.defineProperty(this, 'cause', { value: details.cause, enumerable: false });
    this.#reason = reason;
    this.#challenge = details.challenge ?? [];
    this.scope = details.scope;
    this.demanded = details.demanded;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.detail = detail;
    this.#keyId = details.keyId;
    this.#caller = details.caller;
    this.#strikeEvent = details.strikeEvent;
  }

  /** The error that an untouched body of {@link getResponse} came from. */
  static behind(body: object): PortcullisError | undefined {
    const error = BODIES.get(body);
    return error !== undefined && JSON.stringify(body) === JSON.stringify(error) ? error : undefined;
  }

  /** The cause in words for the operator. Never shown to the client. */
  get reason(): string {
    return this.#reason;
  }

  /** The API key that it is about, proven or not. Never shown to the client. */
  get keyId(): string | undefined {
    return this.#keyId;
  }

  /** Who was proven and is refused all the same, as one text that tells them from others. Never shown to the client. */
  get caller(): (() => string | undefined) | undefined {
    return this.#caller;
  }

  /** Says who was proven before it was refused, unless that is known already. */
  attributeTo(caller: string): void {
    this.#caller ??= () => caller;
  }

  /** What the rules for strikes call it. */
  get strikeEvent(): string {
    return this.#strikeEvent ?? this.code;
  }

  /**
   * What filters answer that know Nest's exceptions only: the members of the problem details (RFC 9457), and those that Nest has. Sent
   * through Nest's adapter, as `BaseExceptionFilter` does, it becomes the whole answer, challenge included.
   */
  override getResponse(): object {
    const { code, demanded, detail, refusal, scope, title } = this;
    const status = this.getStatus();
    const body = {
      ...{ type: refusal.page, title, status, detail, code },
      ...(scope !== undefined && { scope }),
      ...demanded,
      ...{ statusCode: status, error: title, message: detail },
    };
    BODIES.set(body, this);
    return body;
  }

  /** What a client may read, whoever serializes it. */
  toJSON(): object {
    return this.getResponse();
  }

  /** The kinds of the credentials to challenge for. */
  get challenge(): readonly string[] {
    return this.#challenge;
  }

  /** Challenges for this kind of credential where nobody has said for which. */
  challengeFor(kind: string): void {
    if (this.#challenge.length === 0) this.#challenge = [kind];
  }

  /** The stable code, for clients and rules. */
  get code(): RefusalCode {
    return this.refusal.code;
  }

  /** The short human title of the refusal, the same for every occurrence (RFC 9457 section 3.1.3). */
  get title(): string {
    return this.refusal.title;
  }
}

/** What a service was given makes no sense. The message says what, and may be shown to whoever gave it. */
export class InputError extends TypeError {
  override readonly name = 'InputError';
}

/** Thrown at boot, once, naming every option and every declaration that makes no sense. */
export class PortcullisConfigurationError extends Error {
  override readonly name = 'PortcullisConfigurationError';

  constructor(
    readonly problems: readonly string[],
    cause?: unknown,
  ) {
    super(
      `Portcullis is not configured correctly:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
      { cause },
    );
  }
}
