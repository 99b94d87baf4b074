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
  WaysIn,
} from '@portcullis/auth/internal';
import { linkConflict } from './login-refusals.js';
import { Upstreams } from './upstreams.js';

/** A link as its user may see it. Times are milliseconds since the epoch. */
export type AccountLink = Pick<AccountLinkRecord, 'provider' | 'name' | 'createdAt' | 'lastUsedAt'>;

/** A link that is to be made. */
export type NewAccountLink = AccountLinkOwner & Pick<AccountLinkRecord, 'provider' | 'upstream' | 'name'>;

/** How a link has come about. */
export type LinkedBy = Extract<SecurityEvent, { type: 'account.linked' }>['by'];

/** What links are called among the ways to log in. */
const WAY_IN = 'links';

/** Who somebody of another issuer is here. */
@Injectable()
export class AccountLinks {
  constructor(
    @Inject(ACCOUNT_LINK_STORE.token) private readonly store: AccountLinkStore,
    @Inject(BINDING_SETTINGS) private readonly time: Pick<BindingSettings, 'now'>,
    private readonly upstreams: Upstreams,
    private readonly waysIn: WaysIn,
    private readonly sessions: SessionService,
    private readonly issuer: TokenIssuer,
    private readonly events: SecurityEvents,
  ) {
    waysIn.add(WAY_IN, (owner) => this.#logsIn(owner));
  }

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
    const endSessions = ({ upstream }: AccountLinkRecord) =>
      this.sessions.endUpstream(upstream, {
        ...{ reason: `the link to ${provider} was removed`, ...who },
        ...(except !== undefined && { except }),
      });
    const remove = async (hasAnother: boolean) => {
      const links = await this.#all(owner);
      const link = links.find((each) => each.provider === provider);
      const isOneOfMany = links.some((each) => each !== link && this.upstreams.names.includes(each.provider));
      // Before as well: who dies in between would leave sessions of somebody whom nobody knows any more. What fails here ends afterwards.
      if (link !== undefined && (hasAnother || isOneOfMany)) await endSessions(link).catch(() => {});
      const removing = this.store.remove(owner, provider, hasAnother ? [] : this.upstreams.names);
      return available(removing, 'the account link can not be removed');
    };
    const removed = await (isForced ? remove(true) : this.waysIn.whileRemoving(owner, WAY_IN, remove));
    if (removed === undefined) {
      const links = await this.#all(owner);
      if (!links.some((link) => link.provider === provider)) return false;
      throw linkConflict(`the link to ${provider} is the last way for ${subject} to log in`);
    }
    this.events.emit(ACCOUNT_UNLINKED, { ...factsOf(removed), ...actorOf(who) });
    await endSessions(removed);
    return true;
  }

  #all({ issuer, subject }: AccountLinkOwner): Promise<readonly AccountLinkRecord[]> {
    return available(this.store.list({ issuer, subject }), 'account links can not be read');
  }

  async #logsIn(owner: AccountLinkOwner): Promise<boolean> {
    const links = await this.#all(owner);
    return links.some(({ provider }) => this.upstreams.names.includes(provider));
  }
}

function factsOf({ subject, provider, upstream }: AccountLinkRecord) {
  return { subject, provider, upstreamIssuer: upstream.iss, upstreamSubject: upstream.sub };
}
