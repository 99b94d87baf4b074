import { Inject, Injectable } from '@nestjs/common';
import type { DirectoryUser } from '@portcullis/auth';
import { available, KnownUsers } from '@portcullis/auth/internal';
import type { Account } from 'oidc-provider';
import { ServerClients } from './server-clients.js';
import { OAUTH_SERVER_SETTINGS, type OAuthServerSettings } from './server-settings.js';

/** A user, as the provider knows them. */
export interface ServerAccount extends Account {
  readonly user: DirectoryUser;
}

/** The users of the app, to the provider. */
@Injectable()
export class ServerAccounts {
  constructor(
    @Inject(OAUTH_SERVER_SETTINGS) private readonly settings: OAuthServerSettings,
    private readonly users: KnownUsers,
    private readonly clients: ServerClients,
  ) {}

  /**
   * The user with this `sub` as they are now.
   *
   * @returns undefined for one who is gone or disabled, or is named like a client, whom nobody could tell from the client itself
   * @throws PortcullisError `temporarily_unavailable` where nobody can say
   */
  async find(subject: string): Promise<ServerAccount | undefined> {
    const user = await available(this.users.directory.find(subject), 'the user can not be read');
    if (user === undefined || user.isDisabled === true || user.subject !== subject) return undefined;
    if (await this.clients.isNamed(subject)) return undefined;
    const { claimsOf } = this.settings;
    return { accountId: subject, user, claims: async () => ({ ...claimsOf?.(user), sub: subject }) };
  }
}
