import { Inject, Injectable } from '@nestjs/common';
import {
  ClientLogins,
  type CookieResponse,
  type FrameworkRequest,
  PortcullisError,
  type RequestFacts,
  SecurityEvents,
  SessionService,
} from '@portcullis/auth';
import {
  BINDING_SETTINGS,
  type BindingSettings,
  SINGLE_SIGN_ON_FAILED,
  whereFrom,
} from '@portcullis/auth/internal';
import type { BegunLogin, WantedLink } from './begun-login.js';
import { LoginAnswer } from './login-answer.js';
import { signOnFailed } from './login-refusals.js';
import { SingleSignOn } from './single-sign-on.js';
import type { ProvenUpstream } from './upstream-connection.js';
import { UpstreamUsers } from './upstream-users.js';

/** A browser that has come back. */
interface Landing {
  readonly provider: string;
  readonly begunAt: number;
  readonly request: FrameworkRequest;
  readonly facts: RequestFacts;
  readonly response: CookieResponse;
}

/** Makes a login, or a link, of what another issuer has answered. */
@Injectable()
export class SignOnCompletion {
  constructor(
    @Inject(BINDING_SETTINGS) private readonly time: Pick<BindingSettings, 'now'>,
    private readonly signOn: SingleSignOn,
    private readonly users: UpstreamUsers,
    private readonly logins: ClientLogins,
    private readonly sessions: SessionService,
    private readonly answer: LoginAnswer,
    private readonly events: SecurityEvents,
  ) {}

  /**
   * @returns the path that the browser is sent to
   * @throws NotFoundException for a provider that is not configured
   * @throws PortcullisError as the steps on the way say
   */
  async complete(
    provider: string,
    request: FrameworkRequest,
    facts: RequestFacts,
    response: CookieResponse,
  ): Promise<string> {
    let proven: ProvenUpstream | undefined;
    const begunAt = performance.now();
    try {
      const { begun, prove } = await this.signOn.answered(provider, request, response);
      if (begun.link !== undefined) await this.#demandSession(begun.link);
      proven = await prove();
      return await this.#goOn(begun, proven, { provider, begunAt, request, facts, response });
    } catch (error) {
      if (error instanceof PortcullisError) this.#report(error, provider, facts, proven);
      throw error;
    }
  }

  #report(error: PortcullisError, provider: string, facts: RequestFacts, proven?: ProvenUpstream): void {
    const { code, reason } = error;
    const { iss, sub } = proven?.identity ?? {};
    if (iss !== undefined && sub !== undefined) error.attributeTo(JSON.stringify(['upstream', iss, sub]));
    this.events.emit(SINGLE_SIGN_ON_FAILED, {
      ...{ provider, code, reason, ...whereFrom(facts) },
      ...(iss !== undefined && { upstreamIssuer: iss }),
      ...(sub !== undefined && { upstreamSubject: sub }),
    });
  }

  async #goOn(
    { link, returnTo }: BegunLogin,
    proven: ProvenUpstream,
    { provider, begunAt, request, facts, response }: Landing,
  ): Promise<string> {
    if (link !== undefined) {
      // It may have ended while the other issuer was asked.
      await this.#demandSession(link);
      await this.users.linkByHand(link.subject, proven, whereFrom(facts));
      return returnTo;
    }
    const result = await this.#logIn(provider, proven, begunAt, request, facts);
    return this.answer.hand(result, returnTo, response);
  }

  async #logIn(
    provider: string,
    proven: ProvenUpstream,
    begunAt: number,
    request: FrameworkRequest,
    facts: RequestFacts,
  ) {
    const known = this.signOn.upstream(provider).provider;
    const user = await this.users.resolve(known, proven, whereFrom(facts));
    // Somebody may have logged in there in the morning: that proves nothing about who sits there now.
    const authTime = Math.min(this.time.now(), (proven.authTime ?? Number.POSITIVE_INFINITY) * 1000);
    const { upstream, proof: upstreamProof } = proven;
    const login = {
      road: 'single-sign-on',
      user,
      amr: ['fed'],
      begunAt,
      upstream,
      upstreamProof,
      authTime,
    } as const;
    return this.logins.complete(login, request, facts);
  }

  async #demandSession({ sessionId, subject }: WantedLink): Promise<void> {
    const session = await this.sessions.find(sessionId);
    const isLive = session?.endedAt === null && session.idleExpiresAt > this.time.now();
    if (!isLive || session?.subject !== subject)
      throw signOnFailed(`the session in which ${subject} wanted to link the account is over`);
  }
}
