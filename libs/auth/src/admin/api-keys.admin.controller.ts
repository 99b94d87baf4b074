import {
  Body,
  Delete,
  Get,
  Header,
  HttpCode,
  NotFoundException,
  Param,
  Post,
  UsePipes,
} from '@nestjs/common';
import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
} from 'class-validator';
import { GRANTABLE_SCOPE } from '../access/scopes.js';
import { type ApiKeyInfo, ApiKeyService, type CreatedApiKey } from '../api-keys/api-key.service.js';
import { CurrentUser } from '../identity/current-identity.decorator.js';
import type { UserIdentity } from '../identity/identity.js';
import { ADMIN_VALIDATION } from './admin-validation.js';

export class CreateApiKeyDto {
  /** The application that the key is for. */
  @IsString()
  @Length(1, 100)
  readonly appId!: string;

  /** A name that people recognise. */
  @IsString()
  @Length(1, 100)
  readonly name!: string;

  /** What the key may do. */
  @IsArray()
  @ArrayMaxSize(100)
  @Matches(GRANTABLE_SCOPE, {
    each: true,
    message: 'each of scopes must be a scope such as parcels:read or parcels:*',
  })
  readonly scopes!: string[];

  /** The key's lifetime in seconds; null, written out, for a key that never expires by itself. */
  @ValidateIf((dto: CreateApiKeyDto) => dto.lifetimeSeconds !== null)
  @IsInt()
  @Min(1)
  @Max(315_360_000)
  readonly lifetimeSeconds!: number | null;
}

@UsePipes(ADMIN_VALIDATION)
export class ApiKeysAdminController {
  constructor(private readonly apiKeys: ApiKeyService) {}

  /** Every key, newest first. */
  @Get()
  list(): Promise<ApiKeyInfo[]> {
    return this.apiKeys.list();
  }

  /** Makes a key; the answer is the only place that shows it. */
  @Post()
  @Header('Cache-Control', 'no-store')
  create(@Body() dto: CreateApiKeyDto, @CurrentUser() user: UserIdentity): Promise<CreatedApiKey> {
    return this.apiKeys.create({ ...dto, actor: user.subject });
  }

  /** Revokes a key, for ever. */
  @Delete(':id')
  @HttpCode(204)
  async revoke(@Param('id') id: string, @CurrentUser() user: UserIdentity): Promise<void> {
    if (!(await this.apiKeys.revoke(id, user.subject))) throw new NotFoundException();
  }
}
