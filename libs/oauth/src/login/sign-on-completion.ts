import { Inject, Injectable } from '@nestjs/common';
import {
  type CookieResponse,
  type FrameworkRequest,
  Logins,
  type RequestFacts,
  SESSION_CLIENT,
  type SessionClient,
  SessionService,
} from '@portcullis/auth';
import { BINDING_SETTINGS, type BindingSettings, whereFrom } from '@portcullis/auth/internal';
import type { WantedLink } from './begun-login.js';
import { LoginAnswer } from './login-answer.js';
import { signOnFailed } from './login-refusals.js';
import { SingleSignOn } from './single-sign-on.js';
import type { ProvenUpstream } from './upstream-connection.js';
import { UpstreamUsers } from './upstream-users.js';

const LONGEST_DEVICE = 100;

/** Makes a login, or a link, of what another issuer has answered. */
@Injectable()
export class SignOnCompletion {
  constructor(
    @Inject(SESSION_CLIENT) private readonly client: SessionClient,
    @Inject(BINDING_SETTINGS) private readonly time: Pick<BindingSettings, 'now'>,
    private readonly signOn: SingleSignOn,
    private readonly users: UpstreamUsers,
    private readonly logins: Logins,
    private readonly sessions: SessionService,
    private readonly answer: LoginAnswer,
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
    const { begun, prove } = await this.signOn.answered(provider, request, response);
    const { link, returnTo } = begun;
    if (link !== undefined) await this.#demandSession(link);
    const proven = await prove();
    if (link !== undefined) {
      // It may have ended while the other issuer was asked.
      await this.#demandSession(link);
      await this.users.linkByHand(link.subject, proven, whereFrom(facts));
      return returnTo;
    }
    const result = await this.#logIn(provider, proven, request, facts);
    return this.answer.hand(result, returnTo, response);
  }

  async #logIn(provider: string, proven: ProvenUpstream, request: FrameworkRequest, facts: RequestFacts) {
    const from = whereFrom(facts);
    const user = await this.users.resolve(this.signOn.upstream(provider).provider, proven, from);
    const { clientId, scopes, accessTokenSeconds } = this.client;
    const device = this.client.deviceNameOf?.(request)?.slice(0, LONGEST_DEVICE);
    const now = this.time.now();
    return this.logins.complete({
      ...{ road: 'single-sign-on', user, request, clientId, amr: ['fed'], ...from },
      ...{ upstream: proven.upstream, upstreamProof: proven.proof },
      // Somebody may have logged in there in the morning: that proves nothing about who sits there now.
      authTime: Math.min(now, (proven.authTime ?? Number.POSITIVE_INFINITY) * 1000),
      ...(device && { device }),
      ...(scopes && { scopes }),
      ...(accessTokenSeconds !== undefined && { accessTokenSeconds }),
    });
  }

  async #demandSession({ sessionId, subject }: WantedLink): Promise<void> {
    const session = await this.sessions.find(sessionId);
    const isLive = session?.endedAt === null && session.idleExpiresAt > this.time.now();
    if (!isLive || session?.subject !== subject)
      throw signOnFailed(`the session in which ${subject} wanted to link the account is over`);
  }
}
