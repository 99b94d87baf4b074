import { Injectable, Module } from '@nestjs/common';
import { type DirectoryUser, PasswordVerifier, type UpstreamProfile } from '@portcullis/auth';
import { Users } from '../support/users.js';

/** The users of an app, some of whom come from elsewhere. */
@Injectable()
export class SignOnUsers extends Users {
  /** By addresses that were verified here. */
  readonly byEmail = new Map<string, string>();
  readonly created: UpstreamProfile[] = [];
  readonly withPassword = new Set<string>();

  constructor(passwords: PasswordVerifier) {
    super(passwords);
  }

  async findByVerifiedEmail(email: string): Promise<DirectoryUser | undefined> {
    const subject = this.byEmail.get(email);
    return subject === undefined ? undefined : this.find(subject);
  }

  async createFor(profile: UpstreamProfile): Promise<DirectoryUser | undefined> {
    this.created.push(profile);
    if (profile.name === 'Nobody') return undefined;
    const subject = `from-${profile.provider}-${profile.sub}`;
    if (!this.accounts.has(subject)) await this.add(subject);
    return this.find(subject);
  }

  async hasPassword(subject: string): Promise<boolean> {
    return this.withPassword.has(subject);
  }
}

@Module({ providers: [SignOnUsers], exports: [SignOnUsers] })
export class SignOnUsersModule {}
