import { HttpException } from '@nestjs/common';

/** Which credential an error is about, and so which challenge the response carries. */
export type CredentialKind = 'token' | 'api-key';

/**
 * Every way Portcullis can refuse a request. `title` and `detail` are what the client reads, so they
 * never say which of several causes applied; the cause goes to {@link PortcullisError.reason}.
 */
const REFUSALS = {
  credentials_required: {
    status: 401,
    title: 'Credentials required',
    detail: 'This resource is closed to anonymous callers.',
  },
  invalid_token: {
    status: 401,
    title: 'Invalid token',
    detail: 'The access token is malformed, expired, revoked or not meant for this API.',
  },
  invalid_api_key: {
    status: 401,
    title: 'Invalid API key',
    detail: 'The API key is malformed, unknown, expired or revoked.',
  },
  invalid_request: {
    status: 400,
    title: 'Invalid request',
    detail: 'A credential must be sent exactly once, in its header.',
  },
  insufficient_scope: {
    status: 403,
    title: 'Insufficient scope',
    detail: 'The credential is valid but does not carry the scope that this resource demands.',
  },
  insufficient_claims: {
    status: 403,
    title: 'Insufficient claims',
    detail: 'The token is valid but does not claim what this resource demands.',
  },
  ungrantable_scope: {
    status: 403,
    title: 'Scope not grantable',
    detail: 'A credential can only be given scopes that its maker may hand out.',
  },
  access_token_required: {
    status: 403,
    title: 'Access token required',
    detail: 'This can only be done by somebody who has logged in, not with a personal token.',
  },
  address_not_allowed: {
    status: 403,
    title: 'Address not allowed',
    detail: 'The credential is valid but may not be used from this address.',
  },
  tenant_mismatch: {
    status: 403,
    title: 'Tenant mismatch',
    detail: 'The application and the user do not belong to the same tenant.',
  },
  invalid_signature: {
    status: 403,
    title: 'Invalid signature',
    detail: 'The message is not signed as it must be.',
  },
  api_key_conflict: {
    status: 409,
    title: 'API key conflict',
    detail: 'The state of the API keys does not allow it.',
  },
  rate_limit_exceeded: {
    status: 429,
    title: 'Rate limit exceeded',
    detail: 'The credential has been used too often. Retry-After says when it can be used again.',
  },
  tls_required: {
    status: 403,
    title: 'TLS required',
    detail:
      'A credential was sent over an unencrypted connection and must now be considered leaked. Replace it and use https.',
  },
  address_banned: {
    status: 403,
    title: 'Address banned',
    detail: 'Requests from this address are refused for now.',
  },
  temporarily_unavailable: {
    status: 503,
    title: 'Temporarily unavailable',
    detail: 'The credential cannot be checked at the moment.',
  },
  unsupported_context: {
    status: 501,
    title: 'Unsupported context',
    detail: 'Only HTTP handlers can be reached.',
  },
} as const satisfies Record<string, { status: number; title: string; detail: string }>;

/** The stable code of a refusal: `error` in challenges (RFC 6750 section 3.1 where it names one) and `code` in bodies. */
export type RefusalCode = keyof typeof REFUSALS;

/** What the rules for strikes tell apart where the client is told one thing. */
export type Offence = 'bad_key' | 'key_in_url' | 'expired_token' | 'revoked_token' | 'algorithm_attack';

export interface RefusalDetails {
  /** The credentials to challenge for; none by default. */
  readonly challenge?: readonly CredentialKind[];
  /** The scopes that it is about, space-separated; with a challenge, those that would have been enough (RFC 6750 section 3). */
  readonly scope?: string;
  /** Seconds after which trying again makes sense. */
  readonly retryAfterSeconds?: number;
  /** Another status than the code's. */
  readonly status?: number;
  /** What the rules for strikes call it, where the code says too little. */
  readonly offence?: Offence;
  /** The API key that it is about, proven or not. Never shown to the client. */
  readonly keyId?: string;
  /** What led here. Never shown to the client. */
  readonly cause?: unknown;
}

/**
 * A refusal. It extends Nest's `HttpException`, so an app's own exception filters and loggers treat it as
 * the ordinary 4xx that it is; `ProblemFilter` adds the challenge and the problem body.
 */
export class PortcullisError extends HttpException {
  override readonly name = 'PortcullisError';
  readonly challenge: readonly CredentialKind[];
  readonly scope: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly keyId: string | undefined;
  readonly offence: RefusalCode | Offence;

  /**
   * @param code one of the closed set of refusals; gives status, title and the client's text
   * @param reason the cause in words for the operator; it never holds a credential
   */
  constructor(
    readonly code: RefusalCode,
    readonly reason: string,
    details: RefusalDetails = {},
  ) {
    const { title, detail } = REFUSALS[code];
    const { status = REFUSALS[code].status } = details;
    // Reason and code say where a refusal comes from. Finding out the stack takes longer than all the rest of it.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super({ statusCode: status, error: title, message: detail }, status, { cause: details.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.challenge = details.challenge ?? [];
    this.scope = details.scope;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.keyId = details.keyId;
    this.offence = details.offence ?? code;
  }

  /** The short human title of the refusal, the same for every occurrence (RFC 9457 section 3.1.3). */
  get title(): string {
    return REFUSALS[this.code].title;
  }

  /** What the client may read. */
  get detail(): string {
    return REFUSALS[this.code].detail;
  }
}

/** What a service was given makes no sense. The message says what, and may be shown to whoever gave it. */
export class InputError extends TypeError {
  override readonly name = 'InputError';
}

/** Thrown at boot, once, naming every option and every declaration that makes no sense. */
export class PortcullisConfigurationError extends Error {
  override readonly name = 'PortcullisConfigurationError';

  constructor(readonly problems: readonly string[]) {
    super(
      `Portcullis is not configured correctly:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
  }
}
