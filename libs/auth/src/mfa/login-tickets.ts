import { Inject, Injectable } from '@nestjs/common';
import { INVALID_TOKEN } from '../credentials/credential-refusals.js';
import { PortcullisError } from '../errors.js';
import { attributed } from '../identity/attributed.js';
import type { Confirmation } from '../identity/confirmation.js';
import { Log, textOf } from '../log.js';
import { networkOf, parseIpAddress } from '../net/ip-address.js';
import { Replicator } from '../replication/replicator.js';
import { RevocationService } from '../revocation/revocation-service.js';
import type { NewLogin } from '../sessions/login-gate.js';
import { isSameBinding } from '../sessions/session-standing.js';
import { limitsIn } from '../sessions/session-starting.js';
import { endableBy } from '../sessions/upstream-logins.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import type { LoginTicketRecord, LoginTicketStore } from './login-ticket.store.js';
import { LoginTicketFormat } from './login-ticket-format.js';
import { INVALID_LOGIN_TICKET } from './mfa-refusals.js';
import { MFA_SETTINGS, type MfaSettings } from './mfa-settings.js';

const LIFETIME_MS = 300_000;
const MOST_TRIES = 5;
const FORGET_EVERY_MS = 60_000;
/** A phone changes its address within these; so few others share them that a stolen ticket is of little use. */
const NETWORK_BITS = { 4: 24, 6: 48 };

/** What of a login is kept until it is complete; who it is is asked again. */
export type PendingLogin = Pick<
  NewLogin,
  | 'road'
  | 'scopes'
  | 'device'
  | 'amr'
  | 'binding'
  | 'upstream'
  | 'accessTokenSeconds'
  | 'idleSeconds'
  | 'lifetimeSeconds'
>;

/** A ticket that is as good as it can be before anything else is proven. */
export interface OpenTicket extends Omit<LoginTicketRecord, 'login'> {
  readonly login: PendingLogin;
}

/** Who comes with a ticket. */
export interface TicketBearer {
  readonly clientId: string;
  /** The address, in canonical form. */
  readonly address?: string;
  /** What they have proven to hold; it has to be what the login came with. */
  readonly binding?: Confirmation | undefined;
}

/** Who comes with a ticket, for {@link attributed}: it has proven a password, and no more. */
export function callerWith({
  issuer,
  subject,
}: Pick<LoginTicketRecord, 'issuer' | 'subject'>): readonly string[] {
  return ['login', issuer, subject];
}

/** Logins that wait. A ticket stands for one, opens nothing else, and is used once. */
@Injectable()
export class LoginTickets {
  readonly #logger = new Log();
  readonly #store: LoginTicketStore;
  readonly #format: LoginTicketFormat;
  #forgotAt = 0;

  constructor(
    @Inject(MFA_SETTINGS) private readonly settings: MfaSettings,
    private readonly issuer: TokenIssuer,
    private readonly revocations: RevocationService,
    private readonly replicator: Replicator,
  ) {
    this.#store = settings.stores.loginTickets;
    this.#format = new LoginTicketFormat(settings.apiKeys.prefix);
  }

  /** @returns the ticket, which is shown here once, and what is kept of it */
  async issue(
    login: NewLogin,
    purpose: LoginTicketRecord['purpose'],
  ): Promise<{ readonly ticket: string; readonly record: LoginTicketRecord }> {
    const { url: issuer } = this.issuer;
    const { user, clientId, begunAt = performance.now() } = login;
    const vouched = endableBy(login.upstream);
    // Dated by a clock that is behind, it would end with what was revoked before.
    await this.revocations.loginTime(issuer, user.subject, clientId, vouched);
    const ticket = this.#format.make();
    const now = this.settings.now();
    // What ends it from now on covers that time.
    await this.revocations.catchUp();
    const haveLoginsEnded = [{ issuer, subject: user.subject }, ...vouched].some((owner) =>
      this.revocations.areLoginsRevokedSince(owner.issuer, owner.subject, begunAt),
    );
    if (haveLoginsEnded)
      throw new PortcullisError(INVALID_TOKEN, `the logins of ${user.subject} were ended meanwhile`);
    const record = {
      ...{ id: this.#format.digestOf(ticket) as string, issuer, subject: user.subject, clientId, purpose },
      ...{ login: JSON.stringify(pendingOf(login)), network: networkOfAddress(login.address) },
      ...{ createdAt: now, expiresAt: now + LIFETIME_MS, tries: 0, usedAt: null },
    };
    await this.#store.insert(record);
    void this.#forgetOver();
    return { ticket, record };
  }

  /** How long a ticket goes on, in seconds. */
  secondsLeftOf({ expiresAt }: Pick<LoginTicketRecord, 'expiresAt'>): number {
    return Math.max(Math.ceil((expiresAt - this.settings.now()) / 1000), 0);
  }

  /**
   * The login that a ticket stands for. Nothing is changed.
   *
   * @throws PortcullisError `invalid_login_ticket`; `temporarily_unavailable` where it can't be said now
   */
  async find(text: string, purpose: LoginTicketRecord['purpose'], bearer: TicketBearer): Promise<OpenTicket> {
    const id = this.#format.digestOf(text);
    if (id === undefined) throw refused('it is malformed');
    this.replicator.refuseIfStale();
    const ticket = await this.#store.find(id);
    if (ticket === undefined) throw refused('there is none like it');
    return attributed(callerWith(ticket), () => this.#open(ticket, purpose, bearer));
  }

  #open(
    ticket: LoginTicketRecord,
    purpose: LoginTicketRecord['purpose'],
    { clientId, address, binding }: TicketBearer,
  ): OpenTicket {
    if (ticket.usedAt !== null) throw refused('it is used up');
    if (ticket.expiresAt <= this.settings.now()) throw refused('it is over');
    if (ticket.tries >= MOST_TRIES) throw refused('too many answers were wrong');
    if (ticket.purpose !== purpose) throw refused(`it is there to ${ticket.purpose}`);
    if (ticket.clientId !== clientId) throw refused("it is another client's");
    if (ticket.network !== null && ticket.network !== networkOfAddress(address))
      throw refused('it comes from another network');
    const login: PendingLogin = JSON.parse(ticket.login);
    if (!isSameBinding(login.binding ?? null, binding ?? null)) throw refused('it is bound to another key');
    const open = { ...ticket, login };
    this.demandNotRevoked(open);
    return open;
  }

  /**
   * Counts a try, of a ticket that has not ended meanwhile on another instance.
   *
   * @throws PortcullisError `invalid_login_ticket` where there may be no more
   */
  async beginTry(ticket: OpenTicket): Promise<void> {
    await this.revocations.catchUp();
    this.demandNotRevoked(ticket);
    if ((await this.#store.beginTry(ticket.id, MOST_TRIES, this.settings.now())) === undefined)
      throw refused('it is used up, or too many answers were wrong');
  }

  /** Uses a ticket up. @throws PortcullisError `invalid_login_ticket` where somebody was sooner */
  async use({ id }: OpenTicket): Promise<void> {
    if (!(await this.#store.use(id, this.settings.now()))) throw refused('it is used up');
  }

  /** @throws PortcullisError `invalid_login_ticket` where its user, their logins, or its client, were revoked after it was given out */
  demandNotRevoked({ issuer, subject, clientId, createdAt, login }: OpenTicket): void {
    const issuedAt = Math.floor(createdAt / 1000);
    const haveLoginsEnded = [{ issuer, subject }, ...endableBy(login.upstream)].some((owner) =>
      this.revocations.areLoginsRevoked(owner.issuer, owner.subject, issuedAt),
    );
    if (
      haveLoginsEnded ||
      this.revocations.isRevoked({ issuer, tokenId: '', sessionId: '', subject, clientId, issuedAt })
    )
      throw refused(`${subject} is revoked`);
  }

  async #forgetOver(): Promise<void> {
    const now = this.settings.now();
    if (now - this.#forgotAt < FORGET_EVERY_MS) return;
    this.#forgotAt = now;
    try {
      // Without a margin for other clocks: what is forgotten is refused, and that somebody logs in anew harms nobody.
      await this.#store.forgetExpiredBefore(now);
    } catch (error) {
      this.#logger.warn(`Old login tickets could not be forgotten: ${textOf(error)}`);
    }
  }
}

function pendingOf(login: NewLogin): PendingLogin {
  const { road, scopes, device, amr, binding, upstream, accessTokenSeconds } = login;
  return {
    road,
    ...(scopes && { scopes }),
    ...(device !== undefined && { device }),
    ...(amr && { amr }),
    ...(binding && { binding }),
    ...(upstream && { upstream }),
    ...(accessTokenSeconds !== undefined && { accessTokenSeconds }),
    ...limitsIn(login),
  };
}

function networkOfAddress(text: string | undefined): string | null {
  const address = text === undefined ? undefined : parseIpAddress(text);
  if (address === undefined || address.version === 0) return null;
  return networkOf(address, NETWORK_BITS[address.version]).text;
}

function refused(reason: string): PortcullisError {
  return new PortcullisError(INVALID_LOGIN_TICKET, reason);
}
