import { Inject, Injectable } from '@nestjs/common';
import { Log, textOf } from '../log.js';
import { Replicator } from '../replication/replicator.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { available } from '../sessions/unavailable.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import type { OAuthArtifactRecord, OAuthArtifactStore } from './oauth-artifact.store.js';
import { OAuthArtifactVault } from './oauth-artifact-vault.js';
import { OAUTH_SETTINGS, type OAuthSettings } from './oauth-settings.js';

/** By what an artifact is found, or ends, besides its id. */
export interface OAuthArtifactNames {
  /** What it came of, and ends with; of a grant its own id. */
  readonly grantId?: string | undefined;
  readonly uid?: string | undefined;
  readonly userCode?: string | undefined;
  readonly clientId?: string | undefined;
  readonly subject?: string | undefined;
  /** `sid` of the login that it ends with; undefined for what outlives it. */
  readonly sessionId?: string | undefined;
}

/** One that goes on. Times are milliseconds since the epoch. */
export interface OAuthArtifactFound
  extends Pick<OAuthArtifactRecord, 'createdAt' | 'consumedAt' | 'expiresAt'> {
  readonly payload: object;
}

const FORGET_EVERY_MS = 60_000;
/** How long what is over is kept, in milliseconds: the clocks of others may be behind. */
const FORGOTTEN_AFTER_MS = 60_000;

/**
 * What the authorization server gives out, under its ids. What was revoked since it was made (its user, its client, its grant, the login that
 * it ends with) is not found on any instance from then on, whether or not its end is kept already.
 */
@Injectable()
export class OAuthArtifacts {
  readonly #logger = new Log();
  readonly #store: OAuthArtifactStore;
  #forgotAt = 0;

  constructor(
    @Inject(OAUTH_SETTINGS) private readonly settings: OAuthSettings,
    private readonly vault: OAuthArtifactVault,
    private readonly issuer: TokenIssuer,
    private readonly revocations: RevocationService,
    private readonly replicator: Replicator,
  ) {
    this.#store = settings.stores.oauthArtifacts;
  }

  /** Whether what is kept can be read by this process alone, until it ends: there are no `tokens.issuer.keyEncryptionKeys`. */
  get isCutShort(): boolean {
    return this.vault.isCutShort;
  }

  /**
   * Keeps something new, or in place of what has the id.
   *
   * @param payload what JSON has
   * @param expiresAt milliseconds since the epoch
   * @returns false where it has ended: then nothing was kept
   * @throws PortcullisError `temporarily_unavailable` where it can't be kept; as well where its user code is another one's
   */
  async save(
    model: string,
    id: string,
    payload: object,
    { grantId, uid, userCode, clientId, subject, sessionId }: OAuthArtifactNames,
    expiresAt: number,
  ): Promise<boolean> {
    // Dated by a clock that is behind, it would end with what was revoked before.
    await this.revocations.issueTime(this.issuer.url, subject ?? '', clientId);
    const owned = {
      ...{ model, idHash: this.vault.hashOf(id), issuer: this.issuer.url, grantId: grantId ?? null },
      ...{ clientId: clientId ?? null, subject: subject ?? null, sessionId: sessionId ?? null },
    };
    const keeping = this.#store.upsert({
      ...owned,
      payload: await this.vault.seal(owned, payload),
      uidHash: uid === undefined ? null : this.vault.hashOf(uid),
      userCodeHash: userCode === undefined ? null : this.vault.userCodeHashesOf(userCode)[0],
      createdAt: this.settings.now(),
      expiresAt,
    });
    const isKept = await available(keeping, `a ${model} can not be kept`);
    void this.#forgetOver();
    return isKept;
  }

  /**
   * One that has neither ended nor been revoked; used or not, and also one that is over, until it is forgotten.
   *
   * @throws PortcullisError `temporarily_unavailable` where it can't be said now
   */
  async find(model: string, id: string): Promise<OAuthArtifactFound | undefined> {
    return this.#opened(
      model,
      await this.#ask(model, this.#store.find({ model, idHash: this.vault.hashOf(id) })),
    );
  }

  /** The newest one. @throws as {@link find} */
  async findByUid(model: string, uid: string): Promise<OAuthArtifactFound | undefined> {
    return this.#opened(model, await this.#ask(model, this.#store.findByUid(model, this.vault.hashOf(uid))));
  }

  /** @throws as {@link find} */
  async findByUserCode(model: string, userCode: string): Promise<OAuthArtifactFound | undefined> {
    for (const hash of this.vault.userCodeHashesOf(userCode)) {
      const record = await this.#ask(model, this.#store.findByUserCode(model, hash));
      if (record !== undefined) return this.#opened(model, record);
    }
    return undefined;
  }

  /**
   * Uses up what is neither used nor over nor ended. Of all that ask at the same time, on whatever instance, exactly one does it.
   *
   * @returns whether it was this call
   * @throws PortcullisError `temporarily_unavailable` where it can't be done
   */
  consume(model: string, id: string): Promise<boolean> {
    const using = this.#store.consume({ model, idHash: this.vault.hashOf(id) }, this.settings.now());
    return available(using, `a ${model} can not be used`);
  }

  /**
   * Takes what nobody has taken before: of all that want it at the same time, on whatever instance, exactly one gets it.
   *
   * @param expiresAt until when it stays taken, in milliseconds since the epoch
   * @returns whether it was this call
   * @throws PortcullisError `temporarily_unavailable` where it can't be done
   */
  async take(model: string, id: string, expiresAt: number): Promise<boolean> {
    await this.save(model, id, {}, {}, expiresAt);
    return this.consume(model, id);
  }

  /**
   * Ends one, for good.
   *
   * @returns whether it was this call
   * @throws PortcullisError `temporarily_unavailable` where it can't be done
   */
  end(model: string, id: string): Promise<boolean> {
    return available(
      this.#store.end({ model, idHash: this.vault.hashOf(id) }),
      `a ${model} can not be ended`,
    );
  }

  #ask(
    model: string,
    asking: Promise<OAuthArtifactRecord | undefined>,
  ): Promise<OAuthArtifactRecord | undefined> {
    return available(asking, `a ${model} can not be read`);
  }

  async #opened(
    model: string,
    record: OAuthArtifactRecord | undefined,
  ): Promise<OAuthArtifactFound | undefined> {
    this.replicator.refuseIfStale();
    if (record === undefined || this.#isRevoked(record) || !(await this.#isLoggedIn(model, record)))
      return undefined;
    const { createdAt, consumedAt, expiresAt } = record;
    return { payload: await this.vault.open(record), createdAt, consumedAt, expiresAt };
  }

  #isRevoked({ issuer, grantId, sessionId, clientId, subject, createdAt }: OAuthArtifactRecord): boolean {
    const facts = { issuer, tokenId: '', subject: subject ?? '', clientId: clientId ?? '' };
    const issuedAt = Math.floor(createdAt / 1000);
    // A grant is revoked like a session.
    return [sessionId, grantId].some((id) =>
      this.revocations.isRevoked({ ...facts, issuedAt, sessionId: id ?? undefined }),
    );
  }

  async #isLoggedIn(model: string, { sessionId }: OAuthArtifactRecord): Promise<boolean> {
    if (sessionId === null) return true;
    const asking = this.settings.stores.sessions.find(sessionId);
    const session = await available(asking, `the login of a ${model} can not be read`);
    return session !== undefined && session.endedAt === null && session.idleExpiresAt > this.settings.now();
  }

  async #forgetOver(): Promise<void> {
    const now = this.settings.now();
    if (now - this.#forgotAt < FORGET_EVERY_MS) return;
    this.#forgotAt = now;
    try {
      await this.#store.forgetExpiredBefore(now - FORGOTTEN_AFTER_MS);
    } catch (error) {
      this.#logger.warn(
        `What an authorization server gave out and is over could not be forgotten: ${textOf(error)}`,
      );
    }
  }
}
