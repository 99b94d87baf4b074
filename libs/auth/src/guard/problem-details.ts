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
  /** What is the same in every body of one refusal, up to its last brace. In an app each has one status. */
  readonly #beginnings = new Map<Refusal, { readonly status: number; readonly text: string }>();

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

  #bodyOf(error: PortcullisError, status: number, requestId: string): string {
    const { scope, demanded } = error;
    const beginning = this.#beginningOf(error, status);
    if (scope === undefined && demanded === undefined)
      return `${beginning},"requestId":${JSON.stringify(requestId)}}`;
    const enough = { ...(scope !== undefined && { scope }), ...demanded };
    return `${beginning},${JSON.stringify({ ...enough, requestId }).slice(1)}`;
  }

  /** A flood of refusals is the worst time to write the same text again and again. */
  #beginningOf({ refusal, code, detail }: PortcullisError, status: number): string {
    const isUsual = detail === refusal.detail;
    const known = isUsual ? this.#beginnings.get(refusal) : undefined;
    if (known?.status === status) return known.text;
    const members = { type: this.#pageOf(refusal), title: refusal.title, status, detail, code };
    const text = JSON.stringify(members).slice(0, -1);
    if (isUsual) this.#beginnings.set(refusal, { status, text });
    return text;
  }
}
