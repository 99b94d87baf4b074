import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Batches } from '../async/batches.js';
import type { Actor } from '../events/security-event.js';
import { Log, textOf } from '../log.js';
import { atBoot } from '../options/available-store.js';
import { RevocationService } from '../revocation/revocation-service.js';
import type { SessionRecord, SessionStore } from './session.store.js';
import { SESSION_SETTINGS, type SessionSettings } from './session-settings.js';

/** Why a session ends, and who ends it. */
export interface SessionEndDetails extends Actor {
  /** Why, for the operator. */
  readonly reason: string;
}

/** How many sessions are read, or revoked, at once. */
const PAGE = 500;
const LOOK_EVERY_MS = 60_000;
/** Who ends a session revokes its tokens within this time, in milliseconds, or has died, or tries it again. */
const SETTLED_WITHIN_MS = 10_000;

/** How many ends are noted together at most. */
const NOTED_AT_ONCE = 500;

/** Revokes the tokens of sessions that have ended: also where whoever has ended them died before. */
@Injectable()
export class SessionSettling implements OnApplicationBootstrap {
  readonly #logger = new Log();
  readonly #store: SessionStore;
  /** A wave of ends is noted together. */
  readonly #noting = new Batches<readonly string[]>(NOTED_AT_ONCE, (ids) => this.#store.settle(ids.flat()));
  #lookedAt = 0;

  constructor(
    @Inject(SESSION_SETTINGS) private readonly settings: SessionSettings,
    private readonly revocations: RevocationService,
  ) {
    this.#store = settings.stores.sessions;
  }

  /** Before anybody is served. */
  async onApplicationBootstrap(): Promise<void> {
    this.#lookedAt = this.settings.now();
    await atBoot(this.#settleThoseOf(this.#lookedAt));
  }

  /** Revokes what tokens there are of a session that gives no more. */
  async revoke(
    { id, issuer }: Pick<SessionRecord, 'id' | 'issuer'>,
    details: SessionEndDetails,
  ): Promise<void> {
    await this.revocations.revokeSession(id, { ...details, issuer, isOver: true });
  }

  /** Notes that no token of these works any more. Where that fails they are revoked once more, later. */
  async note(sessions: readonly SessionRecord[]): Promise<void> {
    try {
      if (sessions.length > 0) await this.#noting.add(sessions.map(({ id }) => id));
    } catch (error) {
      this.#logger.warn(`That the tokens of ended sessions are revoked could not be noted: ${textOf(error)}`);
    }
    void this.#settleOthers();
  }

  /** For instances that have died and are not started again. */
  async #settleOthers(): Promise<void> {
    const now = this.settings.now();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    try {
      await this.#settleThoseOf(now - SETTLED_WITHIN_MS);
    } catch (error) {
      this.#logger.warn(`It could not be seen whether tokens of ended sessions are left: ${textOf(error)}`);
    }
  }

  async #settleThoseOf(endedBy: number): Promise<void> {
    const since = this.settings.now() - (this.settings.tokens?.maxLifetimeSeconds ?? 0) * 1000;
    let first: string | undefined;
    for (;;) {
      const some = await this.#store.unsettled(endedBy, PAGE);
      if (some.length === 0) return;
      if (some[0]?.id === first) throw new Error('stores.sessions settles nothing');
      first = some[0]?.id;
      const late = some.filter(({ endedAt }) => endedAt !== null && endedAt > since);
      await Promise.all(
        late.map((session) =>
          this.revoke(session, { reason: session.endedReason ?? 'the session has ended' }),
        ),
      );
      await this.#store.settle(some.map(({ id }) => id));
    }
  }
}
