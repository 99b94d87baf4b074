import { Injectable } from '@nestjs/common';
import { PortcullisError } from '../errors.js';
import type { Actor } from '../events/security-event.js';
import { attributed } from '../identity/attributed.js';
import type { LoginFactor } from '../sessions/login-gate.js';
import { byFactors } from '../sessions/logins.js';
import { SessionService } from '../sessions/session-service.js';
import { SessionStarting } from '../sessions/session-starting.js';
import type { SessionTokens } from '../sessions/session-tokens.js';
import { available } from '../sessions/unavailable.js';
import { type DirectoryUser, KnownUsers } from '../sessions/user-directory.js';
import type { ProvenFactor } from './factor-kind.js';
import { FactorProving } from './factor-proving.js';
import { callerWith, LoginTickets, type OpenTicket } from './login-tickets.js';
import { furtherFactors } from './mfa-gate.js';
import { INVALID_LOGIN_TICKET } from './mfa-refusals.js';

/** What a client answers to a ticket. */
export interface TicketAttempt {
  /** The id of a factor, or a kind. */
  readonly which: string;
  readonly answer: unknown;
  readonly from: Omit<Actor, 'actor'>;
}

/** Completes logins that wait for another factor. */
@Injectable()
export class TicketLogins {
  constructor(
    private readonly tickets: LoginTickets,
    private readonly proving: FactorProving,
    private readonly users: KnownUsers,
    private readonly starting: SessionStarting,
    private readonly sessions: SessionService,
  ) {}

  /** What may be proven, with new prompts. */
  async promptsOf(ticket: OpenTicket): Promise<readonly LoginFactor[]> {
    return this.proving.prompts(furtherFactors(await this.proving.confirmedOf(ticket), ticket.login), ticket);
  }

  /**
   * Proves a factor, and begins the session. The ticket is used up by that, and by its fifth wrong answer.
   *
   * @throws PortcullisError `mfa_failed`; `too_many_attempts`; `invalid_login_ticket`; `temporarily_unavailable`
   */
  async complete(
    ticket: OpenTicket,
    { which, answer, from }: TicketAttempt,
  ): Promise<{ readonly tokens: SessionTokens; readonly proven: ProvenFactor }> {
    return attributed(callerWith(ticket), async () => {
      const proven = await this.proving.prove({
        asker: ticket,
        factors: furtherFactors(await this.proving.confirmedOf(ticket), ticket.login),
        ...{ which, answer, from, begin: () => this.tickets.beginTry(ticket) },
      });
      return { tokens: await this.begin(ticket, proven, from), proven };
    });
  }

  /**
   * Begins the session of a ticket whose user has proven another factor.
   *
   * @throws PortcullisError `invalid_login_ticket`; `temporarily_unavailable`
   */
  async begin(
    ticket: OpenTicket,
    { amr }: Pick<ProvenFactor, 'amr'>,
    from: Omit<Actor, 'actor'>,
  ): Promise<SessionTokens> {
    const user = await this.#userOf(ticket);
    await this.tickets.use(ticket);
    const { login, clientId } = ticket;
    const methods = [...new Set([...(login.amr ?? []), ...amr])];
    const tokens = await this.starting.start(byFactors({ ...login, ...from, user, clientId, amr: methods }));
    await this.#demandStillAllowed(ticket, tokens);
    return tokens;
  }

  async #userOf({ subject }: OpenTicket): Promise<DirectoryUser> {
    const user = await available(this.users.directory.find(subject), 'the user can not be read');
    if (user !== undefined && user.isDisabled !== true && user.subject === subject) return user;
    throw new PortcullisError(INVALID_LOGIN_TICKET, `${subject} is gone or disabled`);
  }

  /** Who was revoked since the ticket was given out would get a session that begins after that. It is known here by now. */
  async #demandStillAllowed(ticket: OpenTicket, { sessionId }: SessionTokens): Promise<void> {
    try {
      this.tickets.demandNotRevoked(ticket);
    } catch (error) {
      await this.sessions.end(sessionId, { reason: 'revoked while it began' });
      throw error;
    }
  }
}
