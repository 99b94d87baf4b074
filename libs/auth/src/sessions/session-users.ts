import { Injectable } from '@nestjs/common';
import { type Actor, actorOf } from '../events/security-event.js';
import { RevocationService } from '../revocation/revocation-service.js';
import type { SessionRecord } from './session.store.js';
import { SessionEnding } from './session-ending.js';
import { available } from './unavailable.js';
import { type DirectoryUser, KnownUsers } from './user-directory.js';

/** Whether the user of a session may still have tokens. */
@Injectable()
export class SessionUsers {
  constructor(
    private readonly users: KnownUsers,
    private readonly ending: SessionEnding,
    private readonly revocations: RevocationService,
  ) {}

  /**
   * The user of a session, as they are now. All sessions of one who is gone or disabled end: none of their tokens works any more.
   *
   * @returns undefined for one who is gone or disabled
   * @throws PortcullisError `temporarily_unavailable` where nobody can say
   */
  async find({ issuer, subject }: SessionRecord, who: Actor): Promise<DirectoryUser | undefined> {
    const user = await available(this.users.directory.find(subject), 'the user can not be read');
    if (user !== undefined && user.isDisabled !== true && user.subject === subject) return user;
    const reason = 'the user is gone or disabled';
    await this.ending.endAllOf({ issuer, subject }, { reason, ...actorOf(who) });
    return undefined;
  }

  /** Also where the store has not heard of it yet, or never will: as where everything of the issuer is revoked. */
  isRevoked({ id, issuer, subject, clientId, createdAt }: SessionRecord): boolean {
    const issuedAt = Math.floor(createdAt / 1000);
    return this.revocations.isRevoked({ issuer, tokenId: '', sessionId: id, subject, clientId, issuedAt });
  }
}
