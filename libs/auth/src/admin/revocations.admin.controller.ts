import { BadRequestException, Body, Post, UsePipes } from '@nestjs/common';
import { IsOptional, IsString, Length } from 'class-validator';
import { CurrentUser } from '../identity/current-identity.decorator.js';
import type { UserIdentity } from '../identity/identity.js';
import { RevocationService } from '../revocation/revocation.service.js';
import type { Revocation } from '../revocation/revocation.store.js';
import { ADMIN_VALIDATION } from './admin-validation.js';

/** Names either one token or one user. */
export class CreateRevocationDto {
  /** `jti` of one token. */
  @IsOptional()
  @IsString()
  @Length(1, 500)
  readonly tokenId?: string;

  /** `sub` of a user, whose tokens so far are all revoked. */
  @IsOptional()
  @IsString()
  @Length(1, 500)
  readonly subject?: string;

  /** `iss` of the tokens. By default this app's own issuer. */
  @IsOptional()
  @IsString()
  @Length(1, 500)
  readonly issuer?: string;

  /** Why, for other operators. */
  @IsString()
  @Length(1, 500)
  readonly reason!: string;
}

@UsePipes(ADMIN_VALIDATION)
export class RevocationsAdminController {
  constructor(private readonly revocations: RevocationService) {}

  /** Revokes one token, or all that a user was issued so far. */
  @Post()
  revoke(
    @Body() { tokenId, subject, ...rest }: CreateRevocationDto,
    @CurrentUser() user: UserIdentity,
  ): Promise<Revocation> {
    const details = { ...rest, actor: user.subject };
    if (tokenId !== undefined && subject === undefined) return this.revocations.revokeToken(tokenId, details);
    if (subject !== undefined && tokenId === undefined) return this.revocations.revokeUser(subject, details);
    throw new BadRequestException('Name either tokenId or subject');
  }
}
