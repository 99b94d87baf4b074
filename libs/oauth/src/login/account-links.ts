import { Inject, Injectable } from '@nestjs/common';
import {
  type AccountLinkOwner,
  type AccountLinkRecord,
  type AccountLinkStore,
  type Actor,
  actorOf,
  type SecurityEvent,
  SecurityEvents,
  SessionService,
  TokenIssuer,
  type UpstreamIdentity,
} from '@portcullis/auth';
import {
  ACCOUNT_LINK_STORE,
  ACCOUNT_LINKED,
  ACCOUNT_UNLINKED,
  available,
  BINDING_SETTINGS,
  type BindingSettings,
  KnownUsers,
} from '@portcullis/auth/internal';
import { linkConflict } from './login-refusals.js';
import { Upstreams } from './upstreams.js';

/** A link as its user may see it. Times are milliseconds since the epoch. */
export type AccountLink = Pick<AccountLinkRecord, 'provider' | 'name' | 'createdAt' | 'lastUsedAt'>;

/** A link that is to be made. */
export type NewAccountLink = AccountLinkOwner & Pick<AccountLinkRecord, 'provider' | 'upstream' | 'name'>;

/** How a link has come about. */
export type LinkedBy = Extract<SecurityEvent, { type: 'account.linked' }>['by'];

/** Who somebody of another issuer is here. */
@Injectable()
export class AccountLinks {
  constructor(
    @Inject(ACCOUNT_LINK_STORE.token) private readonly store: AccountLinkStore,
    @Inject(BINDING_SETTINGS) private readonly time: Pick<BindingSettings, 'now'>,
    private readonly upstreams: Upstreams,
    private readonly users: KnownUsers,
    private readonly sessions: SessionService,
    private readonly issuer: TokenIssuer,
    private readonly events: SecurityEvents,
  ) {}

  /** The links of a user, oldest first. @throws PortcullisError `temporarily_unavailable` */
  async list(owner: AccountLinkOwner): Promise<readonly AccountLink[]> {
    const links = await this.#all(owner);
    return links.map(({ provider, name, createdAt, lastUsedAt }) => ({
      provider,
      name,
      createdAt,
      lastUsedAt,
    }));
  }

  /** Who somebody of another issuer is here. @throws PortcullisError `temporarily_unavailable` */
  find(upstream: UpstreamIdentity): Promise<AccountLinkRecord | undefined> {
    return available(this.store.find(this.issuer.url, upstream), 'account links can not be read');
  }

  /** @throws PortcullisError `temporarily_unavailable` */
  async noteUse(link: AccountLinkRecord): Promise<void> {
    const noting = this.store.noteUse(link, link.provider, this.time.now());
    await available(noting, 'the use of an account link can not be kept');
  }

  /**
   * Links an account. One that is linked so already stays as it is.
   *
   * @returns the link that there is then, which may be another account's: whoever asks at the same time may be sooner
   * @throws PortcullisError `account_link_conflict` where the account has one of this provider; `temporarily_unavailable`
   */
  async link(link: NewAccountLink, by: LinkedBy, who: Actor): Promise<AccountLinkRecord> {
    const record: AccountLinkRecord = { ...link, createdAt: this.time.now(), lastUsedAt: null };
    if (await available(this.store.insert(record), 'the account link can not be kept')) {
      this.events.emit(ACCOUNT_LINKED, { ...factsOf(record), by, ...actorOf(who) });
      return record;
    }
    const found = await this.find(link.upstream);
    if (found === undefined)
      throw linkConflict(`${link.subject} is linked to another account of ${link.provider}`);
    return found;
  }

  /**
   * Removes a link, and ends the sessions that were begun by it, but for one.
   *
   * @param isForced also the last way to log in: for whoever runs the app, or deletes the account
   * @returns whether the user had it
   * @throws PortcullisError `account_link_conflict` where it is the last way to log in; `temporarily_unavailable`
   */
  async unlink(
    { issuer, subject }: AccountLinkOwner,
    provider: string,
    { isForced = false, except, ...who }: Actor & { readonly isForced?: boolean; readonly except?: string },
  ): Promise<boolean> {
    const owner = { issuer, subject };
    const kept = isForced || (await this.#hasPassword(subject)) ? [] : this.upstreams.names;
    const removing = this.store.remove(owner, provider, kept);
    const removed = await available(removing, 'the account link can not be removed');
    if (removed === undefined) {
      const links = await this.#all(owner);
      if (!links.some((link) => link.provider === provider)) return false;
      throw linkConflict(`the link to ${provider} is the last way for ${subject} to log in`);
    }
    this.events.emit(ACCOUNT_UNLINKED, { ...factsOf(removed), ...actorOf(who) });
    await this.sessions.endUpstream(removed.upstream, {
      ...{ reason: `the link to ${provider} was removed`, ...who },
      ...(except !== undefined && { except }),
    });
    return true;
  }

  #all({ issuer, subject }: AccountLinkOwner): Promise<readonly AccountLinkRecord[]> {
    return available(this.store.list({ issuer, subject }), 'account links can not be read');
  }

  #hasPassword(subject: string): Promise<boolean> {
    const asking = this.users.directory.hasPassword?.(subject) ?? Promise.resolve(false);
    return available(asking, 'the user can not be read');
  }
}

function factsOf({ subject, provider, upstream }: AccountLinkRecord) {
  return { subject, provider, upstreamIssuer: upstream.iss, upstreamSubject: upstream.sub };
}
