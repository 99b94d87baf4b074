import { BadRequestException, Inject, Injectable } from '@nestjs/common';
import { encodeQR } from 'qr';
import { demandAccessToken } from '../api-keys/demand-access-token.js';
import { BEARER_KIND } from '../credentials/bearer-scheme.js';
import { CREDENTIALS_REQUIRED, PortcullisError } from '../errors.js';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import type { UserIdentity } from '../identity/identity.js';
import { currentSessionOf } from '../sessions/current-session.js';
import type { SessionTokens } from '../sessions/session-tokens.js';
import { available } from '../sessions/unavailable.js';
import { KnownUsers } from '../sessions/user-directory.js';
import { DPOP_KIND } from '../tokens/token-kinds.js';
import type { FactorOwner, FactorRecord, FactorStore } from './factor.store.js';
import { FactorProving } from './factor-proving.js';
import { FactorService } from './factor-service.js';
import { LoginTickets, type OpenTicket, type TicketBearer } from './login-tickets.js';
import { FACTOR_FAILED } from './mfa-events.js';
import { isEnrolled } from './mfa-gate.js';
import { INVALID_LOGIN_TICKET, MFA_FAILED } from './mfa-refusals.js';
import { MFA_SETTINGS, type MfaSettings } from './mfa-settings.js';
import { TicketLogins } from './ticket-logins.js';
import { TOTP_KIND, TotpFactors } from './totp-factors.js';
import { totpUriOf } from './totp-uri.js';

/** Who enrols a factor: somebody who has logged in, or whose login waits for it. */
export interface Enroller extends FactorOwner {
  /** The id of the session, or the ticket's digest. */
  readonly id: string;
  /** Of a login that waits. */
  readonly ticket?: OpenTicket;
}

/** What an authenticator app has to be told, once. */
export interface TotpEnrolment {
  readonly id: string;
  /** `otpauth://…` */
  readonly uri: string;
  /** Base32, to be typed where nothing can be scanned. */
  readonly secret: string;
  /** The URI as a QR code: an SVG. */
  readonly qr: string;
}

/** What a confirmed factor brings. */
export interface EnrolledFactor {
  /** Shown once; undefined where the user has some. */
  readonly recoveryCodes?: readonly string[];
  /** Of the login that has waited for it. */
  readonly tokens?: SessionTokens;
}

/** Characters: more of it no QR code could take. */
const LONGEST_ACCOUNT = 100;
/** How long an enrolment may take, in milliseconds. */
const LONGEST_MS = 900_000;

/** Adds factors to users. One counts when its user has shown that they can use it. */
@Injectable()
export class Enrolments {
  readonly #store: FactorStore;
  #forgotAt = 0;

  constructor(
    @Inject(MFA_SETTINGS) private readonly settings: MfaSettings,
    private readonly factors: FactorService,
    private readonly proving: FactorProving,
    private readonly totp: TotpFactors,
    private readonly tickets: LoginTickets,
    private readonly logins: TicketLogins,
    private readonly users: KnownUsers,
    private readonly events: SecurityEvents,
  ) {
    this.#store = settings.stores.factors;
  }

  /**
   * Who enrols, by the access token of a session or by a ticket that is there for it.
   *
   * @throws PortcullisError `credentials_required`; `access_token_required`; `invalid_login_ticket`, also where the user has a factor by now
   * @throws BadRequestException where both came
   */
  async enrollerOf(
    user: UserIdentity | undefined,
    ticket: string | undefined,
    bearer: TicketBearer,
  ): Promise<Enroller> {
    if (ticket !== undefined) {
      if (user !== undefined) throw new BadRequestException('Send a ticket or an access token');
      return this.#enrollerBy(await this.tickets.find(ticket, 'enrol', bearer));
    }
    if (user !== undefined) demandAccessToken(user);
    const session = user && currentSessionOf(user);
    if (session !== undefined && session.issuer === this.settings.tokens?.issuer?.url) return session;
    throw new PortcullisError(CREDENTIALS_REQUIRED, 'neither a session of this app nor a ticket was sent', {
      challenge: [BEARER_KIND, DPOP_KIND],
    });
  }

  /** Begins to enrol an authenticator app, in the place of what the user has begun before. */
  async beginTotp(enroller: Enroller, name: string | null): Promise<TotpEnrolment> {
    await this.factors.demandRoom(enroller);
    await this.#forgetBegun(enroller);
    const { issuer, subject } = enroller;
    const user = await available(this.users.directory.find(subject), 'the user can not be read');
    const { id, secret, ...parameters } = await this.totp.begin({ issuer, subject }, enroller.id, name);
    const app = this.settings.mfa.appName ?? new URL(issuer).host;
    const uri = totpUriOf(
      { app, account: (user?.name ?? subject).slice(0, LONGEST_ACCOUNT), secret },
      parameters,
    );
    return { id, uri, secret, qr: encodeQR(uri, 'svg') };
  }

  /**
   * Confirms an authenticator app by a code.
   *
   * @returns undefined where the enroller has begun no such factor
   * @throws PortcullisError `mfa_failed`; `invalid_login_ticket`
   */
  async confirmTotp(
    enroller: Enroller,
    id: string,
    code: string,
    from: Omit<Actor, 'actor'>,
  ): Promise<EnrolledFactor | undefined> {
    const factor = await this.#store.find(id);
    if (factor === undefined || !this.#isBegunBy(enroller, factor)) return undefined;
    if (enroller.ticket !== undefined) await this.tickets.beginTry(enroller.ticket);
    if (!(await this.totp.confirm(factor, enroller.id, code))) {
      const who = actorOf({ ...from, actor: enroller.subject });
      this.events.emit(FACTOR_FAILED, { factor: TOTP_KIND, subject: enroller.subject, ...who });
      throw new PortcullisError(MFA_FAILED, `a wrong code for the new factor ${id}`);
    }
    const recoveryCodes = await this.factors.noteAdded(factor, from);
    return this.finish(enroller, { amr: ['otp'], ...(recoveryCodes && { recoveryCodes }) }, from);
  }

  /**
   * Ends an enrolment, whose factor is confirmed: begins the session that has waited for it.
   *
   * @param enrolled what was proven by that, and the recovery codes that were made
   */
  async finish(
    { ticket }: Enroller,
    { amr, recoveryCodes }: { readonly amr: readonly string[]; readonly recoveryCodes?: readonly string[] },
    from: Omit<Actor, 'actor'>,
  ): Promise<EnrolledFactor> {
    return {
      ...(recoveryCodes && { recoveryCodes }),
      ...(ticket && { tokens: await this.logins.begin(ticket, { amr }, from) }),
    };
  }

  /** Whoever has a password and no more must not add a factor beside those that the user has got meanwhile. */
  async #enrollerBy(ticket: OpenTicket): Promise<Enroller> {
    const { issuer, subject, id } = ticket;
    if (isEnrolled(await this.proving.confirmedOf(ticket)))
      throw new PortcullisError(INVALID_LOGIN_TICKET, `${subject} has a factor by now`);
    return { issuer, subject, id, ticket };
  }

  #isBegunBy({ issuer, subject }: Enroller, factor: FactorRecord): boolean {
    return (
      factor.issuer === issuer &&
      factor.subject === subject &&
      factor.kind === TOTP_KIND &&
      factor.confirmedAt === null &&
      factor.createdAt > this.settings.now() - LONGEST_MS
    );
  }

  /** One at a time, so that nobody fills the store. */
  async #forgetBegun({ issuer, subject }: Enroller): Promise<void> {
    const all = await this.#store.list({ issuer, subject });
    const begun = all.filter(({ kind, confirmedAt }) => kind === TOTP_KIND && confirmedAt === null);
    await Promise.all(begun.map(({ id }) => this.#store.remove(id, [])));
    const now = this.settings.now();
    if (now - this.#forgotAt < LONGEST_MS) return;
    this.#forgotAt = now;
    await this.#store.forgetUnconfirmedBefore(now - LONGEST_MS);
  }
}
