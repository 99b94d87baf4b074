import { Injectable } from '@nestjs/common';
import {
  type AccountLinkRecord,
  type Actor,
  type DirectoryUser,
  PortcullisError,
  TokenIssuer,
  type UpstreamIdentity,
  type UpstreamProfile,
} from '@portcullis/auth';
import { available, KnownUsers } from '@portcullis/auth/internal';
import { AccountLinks, type LinkedBy } from './account-links.js';
import { FirstLogins } from './first-logins.js';
import type { LoginProvider } from './login-provider.js';
import { ACCOUNT_LINK_REQUIRED, linkConflict, signOnFailed } from './login-refusals.js';
import type { ProvenUpstream } from './upstream-connection.js';

/** Finds out who somebody of another issuer is here: by the link, and by nothing that another may be given some day. */
@Injectable()
export class UpstreamUsers {
  constructor(
    private readonly links: AccountLinks,
    private readonly firstLogins: FirstLogins,
    private readonly users: KnownUsers,
    private readonly issuer: TokenIssuer,
  ) {}

  /**
   * The user, as they are now. Whoever is not linked is linked by a verified address, or gets an account, where the provider allows it.
   *
   * @throws PortcullisError `account_link_required`; `single_sign_on_failed` for whom is gone or disabled; `temporarily_unavailable`
   */
  async resolve(
    provider: LoginProvider,
    proven: ProvenUpstream,
    who: Omit<Actor, 'actor'>,
  ): Promise<DirectoryUser> {
    const link = (await this.links.find(proven.identity)) ?? (await this.#linkNew(provider, proven, who));
    const user = await this.enabled(link.subject);
    await this.links.noteUse(link);
    return user;
  }

  /** A user who may log in. @throws PortcullisError `single_sign_on_failed`; `temporarily_unavailable` */
  async enabled(subject: string): Promise<DirectoryUser> {
    const user = await available(this.users.directory.find(subject), 'the user can not be read');
    if (user?.subject !== subject || user.isDisabled === true)
      throw signOnFailed(`${subject} is gone, or disabled`);
    return user;
  }

  async #linkNew(
    { linkByEmail = false, createUsers = false }: LoginProvider,
    proven: ProvenUpstream,
    who: Omit<Actor, 'actor'>,
  ): Promise<AccountLinkRecord> {
    const { directory } = this.users;
    const mayCome = linkByEmail || createUsers;
    const profile = mayCome ? await proven.profile() : undefined;
    const { email, isEmailVerified } = profile ?? {};
    if (profile !== undefined && linkByEmail && email !== undefined && isEmailVerified) {
      const finding = directory.findByVerifiedEmail?.(email) ?? Promise.resolve(undefined);
      const user = await available(finding, 'the user can not be read');
      if (user !== undefined) return this.#link(user, profile, 'email', who);
    }
    if (profile !== undefined && createUsers)
      return this.firstLogins.linkOf(proven.identity, () => this.#create(profile, who));
    throw linkRequired(proven.identity);
  }

  async #create(profile: UpstreamProfile, who: Omit<Actor, 'actor'>): Promise<AccountLinkRecord> {
    const making = this.users.directory.createFor?.(profile) ?? Promise.resolve(undefined);
    const user = await available(making, 'the account can not be made');
    if (user === undefined) throw linkRequired(profile);
    return this.#link(user, profile, 'first-login', who);
  }

  async #link(
    user: DirectoryUser,
    { provider, iss, sub, email, name }: UpstreamProfile,
    by: LinkedBy,
    who: Omit<Actor, 'actor'>,
  ): Promise<AccountLinkRecord> {
    const { subject } = await this.enabled(user.subject);
    const owner = { issuer: this.issuer.url, subject };
    const link = { ...owner, provider, upstream: { iss, sub }, name: email ?? name ?? null };
    return this.links.link(link, by, { ...who, actor: subject });
  }

  /**
   * Links an account of another issuer to the one that somebody is logged in to.
   *
   * @throws PortcullisError `account_link_conflict` where either is linked to another one; `single_sign_on_failed`; `temporarily_unavailable`
   */
  async linkByHand(subject: string, proven: ProvenUpstream, who: Omit<Actor, 'actor'>): Promise<void> {
    const link = await this.#link(await this.enabled(subject), await proven.profile(), 'hand', who);
    if (link.subject !== subject)
      throw linkConflict(`${link.upstream.sub} of ${link.upstream.iss} is linked to ${link.subject}`);
  }
}

function linkRequired({ iss, sub }: UpstreamIdentity): PortcullisError {
  return new PortcullisError(ACCOUNT_LINK_REQUIRED, `nobody is linked to ${sub} of ${iss}`);
}
