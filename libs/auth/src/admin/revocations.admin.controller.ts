import { BadRequestException, Body, Inject, Post } from '@nestjs/common';
import { IsString, Length } from 'class-validator';
import type { Actor } from '../events/security-event.js';
import { IfGiven } from '../options/option-validators.js';
import { CurrentActor } from '../request/current-identity.decorator.js';
import type { Revocation } from '../revocation/revocation.store.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { OwnValidation } from '../routes/own-validation.js';
import { ADMIN_SETTINGS, type AdminSettings } from './admin-settings.js';

/** Names one token, one session, one user or one client. */
export class CreateRevocationDto {
  /** `jti` of one token. */
  @IfGiven()
  @IsString()
  @Length(1, 500)
  readonly tokenId?: string;

  /** `sub` of a user, whose tokens so far are all revoked. */
  @IfGiven()
  @IsString()
  @Length(1, 500)
  readonly subject?: string;

  /** `sid` of a session, whose tokens are all revoked. */
  @IfGiven()
  @IsString()
  @Length(1, 500)
  readonly sessionId?: string;

  /** `client_id` of a client, whose tokens so far are all revoked. */
  @IfGiven()
  @IsString()
  @Length(1, 500)
  readonly clientId?: string;

  /** `iss` of the tokens. By default this app's own issuer. */
  @IfGiven()
  @IsString()
  @Length(1, 500)
  readonly issuer?: string;

  /** Why, for other operators. */
  @IsString()
  @Length(1, 500)
  readonly reason!: string;
}

@OwnValidation()
export class RevocationsAdminController {
  constructor(
    @Inject(ADMIN_SETTINGS) private readonly options: AdminSettings,
    private readonly revocations: RevocationService,
  ) {}

  /** Revokes one token, or all that a session, a user or a client was issued so far. */
  @Post()
  revoke(
    @Body() { tokenId, sessionId, subject, clientId, ...rest }: CreateRevocationDto,
    @CurrentActor() who: Actor,
  ): Promise<Revocation> {
    if (rest.issuer === undefined && this.options.tokens?.issuer === undefined) {
      throw new BadRequestException('Name the issuer: this app issues no tokens of its own');
    }
    const named = [tokenId, sessionId, subject, clientId].filter((name) => name !== undefined);
    if (named.length !== 1)
      throw new BadRequestException('Name one of tokenId, sessionId, subject and clientId');
    const details = { ...rest, ...who };
    if (tokenId !== undefined) return this.revocations.revokeToken(tokenId, details);
    if (sessionId !== undefined) return this.revocations.revokeSession(sessionId, details);
    if (subject !== undefined) return this.revocations.revokeUser(subject, details);
    return this.revocations.revokeClient(clientId as string, details);
  }
}
