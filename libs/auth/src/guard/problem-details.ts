import { Inject, Injectable } from '@nestjs/common';
import { CredentialSchemes } from '../credentials/credential-schemes.js';
import type { PortcullisError, Refusal } from '../errors.js';
import { GUARD_SETTINGS, type GuardSettings } from './guard-settings.js';

/** RFC 9457 section 6.1. */
export const PROBLEM_TYPE = 'application/problem+json';

/** A refusal as it goes over the wire. */
export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
}

/** Writes refusals as problem details (RFC 9457) with their challenges (RFC 9110 section 11.6.1). */
@Injectable()
export class ProblemDetails {
  /** What is the same in every body of one refusal and status, up to its last brace. */
  readonly #beginnings = new Map<string, string>();

  constructor(
    @Inject(GUARD_SETTINGS) private readonly settings: GuardSettings,
    private readonly schemes: CredentialSchemes,
  ) {}

  of(error: PortcullisError, requestId: string): Problem {
    const status = error.getStatus();
    return {
      status,
      headers: { 'Content-Type': PROBLEM_TYPE, ...this.headersOf(error) },
      body: this.#bodyOf(error, status, requestId),
    };
  }

  /** What belongs to the refusal whatever its body is. */
  headersOf(error: PortcullisError): Problem['headers'] {
    const { values, headers } = this.schemes.challengesFor(error, this.settings.realm);
    return {
      'Cache-Control': 'no-store',
      ...(values.length > 0 && { 'WWW-Authenticate': values }),
      ...headers,
      ...(error.retryAfterSeconds !== undefined && { 'Retry-After': String(error.retryAfterSeconds) }),
    };
  }

  /** A definition that has a page of its own knows better. */
  #pageOf({ page, code }: Refusal): string {
    const { errorPages } = this.settings;
    return errorPages === undefined || page !== 'about:blank' ? page : `${errorPages}${code}`;
  }

  /** A flood of refusals is the worst time to write the same text again and again. */
  #bodyOf(error: PortcullisError, status: number, requestId: string): string {
    const { refusal, code, detail, scope, demanded } = error;
    const key = `${status} ${code}`;
    let beginning = detail === refusal.detail ? this.#beginnings.get(key) : undefined;
    if (beginning === undefined) {
      const { title } = refusal;
      beginning = JSON.stringify({ type: this.#pageOf(refusal), title, status, detail, code }).slice(0, -1);
      if (detail === refusal.detail) this.#beginnings.set(key, beginning);
    }
    const enough = { ...(scope !== undefined && { scope }), ...demanded };
    const members = JSON.stringify({ ...enough, requestId }).slice(1);
    return `${beginning},${members}`;
  }
}
