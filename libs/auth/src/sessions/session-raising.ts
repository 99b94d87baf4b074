import { Inject, Injectable } from '@nestjs/common';
import { BEARER_KIND } from '../credentials/bearer-scheme.js';
import { INVALID_TOKEN } from '../credentials/credential-refusals.js';
import { PortcullisError } from '../errors.js';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { Replicator } from '../replication/replicator.js';
import { DPOP_KIND } from '../tokens/token-kinds.js';
import type { SessionRecord, SessionStore } from './session.store.js';
import { factsOf, SESSION_RAISED } from './session-events.js';
import { SESSION_SETTINGS, type SessionSettings } from './session-settings.js';
import { SessionTokenIssuer, type SessionTokens } from './session-tokens.js';
import { SessionUsers } from './session-users.js';

/** What a user has proven once more, in a session that goes on. */
export interface FurtherProof {
  /** `amr`: by what, besides the methods of the login (RFC 8176). */
  readonly amr: readonly string[];
  /** `acr`: how strong the session is by that, by a name of the app's own. By default as its login was. */
  readonly acr?: string;
}

/** Whose session is raised, and by whom. */
export interface RaiseDetails extends Actor {
  /** `iss` and `sub` of the user who has proven it: the `sid` of another issuer's token may be anything. */
  readonly issuer: string;
  readonly subject: string;
  /** How long the access token works at most, in seconds. By default `tokens.issuer.lifetimeSeconds`. */
  readonly accessTokenSeconds?: number;
}

/** A raised session goes on with the refresh token that it has. */
export type RaisedTokens = Omit<SessionTokens, 'refreshToken' | 'refreshExpiresInSeconds'>;

/** Raises the level of sessions, for a while. */
@Injectable()
export class SessionRaising {
  readonly #store: SessionStore;

  constructor(
    @Inject(SESSION_SETTINGS) private readonly settings: SessionSettings,
    private readonly tokens: SessionTokenIssuer,
    private readonly users: SessionUsers,
    private readonly replicator: Replicator,
    private readonly events: SecurityEvents,
  ) {
    this.#store = settings.stores.sessions;
  }

  /**
   * As in a refresh the access token is issued before the one update: where that finds the session still going on, whoever ends it
   * afterwards revokes the token as well.
   *
   * @throws as `SessionService.raise` says
   */
  async raise(id: string, { amr, acr }: FurtherProof, details: RaiseDetails): Promise<RaisedTokens> {
    this.replicator.refuseIfStale();
    const session = await this.#find(id, details);
    if (this.users.isRevoked(session)) throw refused(`session ${id}, or whose it is, is revoked`);
    const user = await this.users.find(session, details);
    if (user === undefined) throw refused(`${session.subject} is gone or disabled`);
    const proof = {
      authTime: this.settings.now(),
      acr: acr ?? session.acr,
      amr: [...new Set([...session.amr, ...amr])],
    };
    const raised = { ...session, raised: proof };
    const access = await this.tokens.accessToken(raised, user, details.accessTokenSeconds);
    if (this.users.isRevoked(session)) throw refused(`session ${id}, or whose it is, is revoked`);
    if (!(await this.#store.raise(id, proof))) throw refused(`session ${id} has ended meanwhile`);
    this.events.emit(SESSION_RAISED, { ...factsOf(session), ...actorOf(details), amr: proof.amr });
    return { ...access, sessionId: id };
  }

  async #find(id: string, { issuer, subject }: RaiseDetails): Promise<SessionRecord> {
    const session = await this.#store.find(id);
    const isTheirs = session?.issuer === issuer && session.subject === subject;
    if (session === undefined || !isTheirs) throw refused(`${subject} has no session ${id}`);
    const { endedAt, idleExpiresAt, expiresAt } = session;
    const now = this.settings.now();
    if (endedAt !== null || idleExpiresAt <= now || expiresAt <= now) throw refused(`session ${id} is over`);
    return session;
  }
}

/** Whoever asks has proven themselves by an access token of the session. */
function refused(reason: string): PortcullisError {
  return new PortcullisError(INVALID_TOKEN, reason, { challenge: [BEARER_KIND, DPOP_KIND] });
}
