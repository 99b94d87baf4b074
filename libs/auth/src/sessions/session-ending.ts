import { Inject, Injectable } from '@nestjs/common';
import { actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { Replicator } from '../replication/replicator.js';
import type { Revocation } from '../revocation/revocation.store.js';
import { RevocationService } from '../revocation/revocation-service.js';
import type { TokenSession } from './current-session.js';
import type { SessionRecord, SessionSelection, SessionStore, UpstreamSelection } from './session.store.js';
import { factsOf, SESSION_ENDED } from './session-events.js';
import { SESSION_SETTINGS, type SessionSettings } from './session-settings.js';
import { type SessionEndDetails, SessionSettling } from './session-settling.js';
import { available } from './unavailable.js';
import { endedBy } from './upstream-logins.js';

/** What belongs to the end of sessions. */
interface EndingSteps {
  /** Comes before their rows end. */
  readonly before?: () => Promise<unknown>;
  /** Whether a session may have access tokens that work. By default it has. */
  readonly hasTokens?: (session: SessionRecord) => boolean;
}

type SessionName = Pick<SessionRecord, 'id' | 'issuer'>;

/** A refresh that is under way takes no longer, in milliseconds. */
const UNDER_WAY_MS = 60_000;

/**
 * Ends sessions: first the row, which gives no new token from then on, then the tokens that there are, by the revocation of their `sid`.
 * Since none comes after it, the revocation is remembered for one token's lifetime only.
 */
@Injectable()
export class SessionEnding {
  readonly #store: SessionStore;

  constructor(
    @Inject(SESSION_SETTINGS) private readonly settings: SessionSettings,
    private readonly revocations: RevocationService,
    private readonly settling: SessionSettling,
    private readonly replicator: Replicator,
    private readonly events: SecurityEvents,
  ) {
    this.#store = settings.stores.sessions;
    revocations.whenRevoked((revocation, details) => this.#endRevoked(revocation, details));
  }

  /**
   * Ends one session.
   *
   * @returns whether it has ended by this call
   * @throws PortcullisError `temporarily_unavailable` when that is not kept, or not known everywhere yet; it goes on to be tried
   */
  async end(id: string, details: SessionEndDetails): Promise<boolean> {
    const ended = await this.#end({ id }, details);
    if (ended === 0) {
      const session = await this.#store.find(id);
      if ((session?.endedAt ?? 0) > this.#lastTokensFrom())
        await this.#revokeAgain([session as SessionRecord], details);
    }
    return ended > 0;
  }

  /**
   * Ends the session that a user's access token says it is of. One that is not theirs goes on, as that of another issuer which has the same
   * name for its own: of those only the tokens are refused from now on.
   *
   * @throws as {@link end} does
   */
  async logOut({ id, issuer, subject }: TokenSession, details: SessionEndDetails): Promise<void> {
    const session = await this.#store.find(id);
    if (session?.issuer === issuer && session.subject === subject) await this.end(id, details);
    else await this.revocations.revokeSession(id, { ...details, issuer, isOver: true });
  }

  /**
   * Ends the sessions of a user of this app's own issuer, or of another one that is named, and first their logins that are under way or
   * wait for another factor: what has begun by the password that they had must not end in a session afterwards.
   *
   * @returns how many have ended by this call
   * @throws PortcullisError `temporarily_unavailable` when that is not kept, or not known everywhere yet; it goes on to be tried
   */
  async endAllOf(
    user: { readonly issuer: string; readonly subject: string; readonly except?: string },
    details: SessionEndDetails,
  ): Promise<number> {
    const { except, ...whose } = user;
    const endLogins = () => this.revocations.revokeLogins(user.subject, { ...details, issuer: user.issuer });
    const ended = await this.#end(user, details, { before: endLogins });
    const before = await available(
      this.#store.endedSince(whose, this.#lastTokensFrom()),
      'it could not be read which sessions have ended',
    );
    await this.#revokeAgain(
      before.filter((id) => id !== except).map((id) => ({ id, issuer: user.issuer })),
      details,
    );
    return ended;
  }

  /**
   * Ends the sessions that somebody has begun by logging in elsewhere, and first such logins that are under way or wait for another factor.
   *
   * @returns how many have ended by this call
   * @throws PortcullisError `temporarily_unavailable` when that is not kept, or not known everywhere yet; it goes on to be tried
   */
  endUpstream(
    upstream: UpstreamSelection,
    except: string | undefined,
    details: SessionEndDetails,
  ): Promise<number> {
    const { issuer, subject } = endedBy(upstream);
    const endLogins = () => this.revocations.revokeLogins(subject, { ...details, issuer });
    return this.#end({ upstream, ...(except !== undefined && { except }) }, details, { before: endLogins });
  }

  /** Who was revoked has no session that had begun by then. Their tokens are refused already, but for those that come of a refresh under way. */
  async #endRevoked(revocation: Revocation, details: SessionEndDetails): Promise<void> {
    const which =
      revocation.issuer === this.settings.tokens?.issuer?.url ? selectionOf(revocation) : undefined;
    if (which === undefined) return;
    const since = this.settings.now() - this.settings.sessions.graceSeconds * 1000 - UNDER_WAY_MS;
    await this.#end(which, details, { hasTokens: ({ lastUsedAt }) => lastUsedAt > since });
  }

  /** What could not be done is done as soon as it can be: what has ended in the store is not found there a second time. */
  async #end(
    which: SessionSelection,
    details: SessionEndDetails,
    { before = async () => {}, hasTokens = () => true }: EndingSteps = {},
  ): Promise<number> {
    const owed = new Set<SessionRecord>();
    const settled = new Set<SessionRecord>();
    let ended = 0;
    const work = async () => {
      // What begins meanwhile either hears of it, or has its row by now. And where it fails the rows do not go on for that.
      const [first] = await Promise.allSettled([before()]);
      for (;;) {
        const some = await this.#store.end(which, this.settings.now(), details.reason);
        ended += some.length;
        for (const session of some) {
          this.events.emit(SESSION_ENDED, {
            ...factsOf(session),
            reason: details.reason,
            ...actorOf(details),
          });
          (hasTokens(session) ? owed : settled).add(session);
        }
        if (some.isAll || some.length === 0 || 'id' in which) break;
      }
      await Promise.all(
        [...owed].map(async (session) => {
          await this.settling.revoke(session, details);
          owed.delete(session);
          settled.add(session);
        }),
      );
      await this.settling.note([...settled]);
      if (first.status === 'rejected') throw first.reason;
    };
    await available(
      this.replicator.finish(JSON.stringify(['sessions', which]), work),
      'sessions can not be ended',
    );
    return ended;
  }

  /** Whoever ended them before may have died before their tokens were revoked. */
  async #revokeAgain(sessions: readonly SessionName[], details: SessionEndDetails): Promise<void> {
    const missed = sessions.filter((session) => !this.#isRevoked(session));
    await Promise.all(missed.map((session) => this.settling.revoke(session, details)));
  }

  /** Of what has ended before this time no token works any more. */
  #lastTokensFrom(): number {
    return this.settings.now() - (this.settings.tokens?.maxLifetimeSeconds ?? 0) * 1000;
  }

  #isRevoked({ id, issuer }: SessionName): boolean {
    const never = Number.POSITIVE_INFINITY;
    return this.revocations.isRevoked({
      issuer,
      sessionId: id,
      tokenId: '',
      subject: '',
      clientId: '',
      issuedAt: never,
    });
  }
}

/** Those that the revocation is about; undefined for none. Of a whole issuer they are refused when they are refreshed. */
function selectionOf(revocation: Revocation): SessionSelection | undefined {
  const { issuer } = revocation;
  switch (revocation.type) {
    case 'session':
      return { id: revocation.sessionId };
    case 'user':
      return { issuer, subject: revocation.subject, begunBy: lastMillisecondOf(revocation.issuedUntil) };
    case 'client':
      return { issuer, clientId: revocation.clientId, begunBy: lastMillisecondOf(revocation.issuedUntil) };
    default:
      return undefined;
  }
}

function lastMillisecondOf(seconds: number): number {
  return Math.floor(seconds) * 1000 + 999;
}
