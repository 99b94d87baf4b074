import { Body, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import {
  CreateApiKeyDto,
  ListApiKeysDto,
  RevokeApiKeyDto,
  RevokeApiKeysDto,
  RotateApiKeyDto,
} from '../api-keys/api-key.dto.js';
import type { ApiKeyInfo } from '../api-keys/api-key.store.js';
import type { ApiKeyPage } from '../api-keys/api-key-listing.js';
import type { CreatedApiKey } from '../api-keys/api-key-making.js';
import { ApiKeyService } from '../api-keys/api-key-service.js';
import type { Actor } from '../events/security-event.js';
import type { UserIdentity } from '../identity/identity.js';
import { CurrentActor, CurrentUser } from '../request/current-identity.decorator.js';
import { asBadRequest, found } from '../routes/answers.js';
import { OwnValidation } from '../routes/own-validation.js';
import { KeyAdminBounds } from './key-admin-bounds.js';

/** Injects what says which scopes an admin may give to keys. */
export const GRANTABLE = Symbol('portcullis.admin.grantable');
export type Grantable = (user: UserIdentity) => readonly string[];

@OwnValidation()
export class ApiKeysAdminController {
  constructor(
    private readonly apiKeys: ApiKeyService,
    private readonly bounds: KeyAdminBounds,
    @Inject(GRANTABLE) private readonly grantable: Grantable,
  ) {}

  /** The keys that match, newest first; to an admin of a tenant those of others are not there. */
  @Get()
  async list(@Query() filter: ListApiKeysDto, @CurrentUser() user: UserIdentity): Promise<ApiKeyPage> {
    const tenant = this.bounds.tenantOf(user);
    if (tenant === undefined) return this.apiKeys.list(filter).catch(asBadRequest);
    if (filter.tenant !== undefined && filter.tenant !== tenant) return { keys: [] };
    return this.apiKeys.list({ ...filter, tenant }).catch(asBadRequest);
  }

  /** One key. */
  @Get(':id')
  async find(@Param('id') id: string, @CurrentUser() user: UserIdentity): Promise<ApiKeyInfo> {
    const tenant = this.bounds.tenantOf(user);
    const key = found(await this.apiKeys.find(id));
    return found(tenant === undefined || key.tenant === tenant ? key : undefined);
  }

  /** Makes a key; the answer is the only place that shows it. */
  @Post()
  async create(
    @Body() dto: CreateApiKeyDto,
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<CreatedApiKey> {
    await this.bounds.demandLogin(user);
    const tenant = this.bounds.tenantForNew(user, dto.tenant);
    const ofTenant = tenant === undefined ? {} : { tenant };
    const newKey = { ...dto, ...ofTenant, ...who, grantable: this.grantable(user) };
    return this.apiKeys.create(newKey).catch(asBadRequest);
  }

  /** Makes a new key in the place of an old one, which ends; the answer is the only place that shows it. */
  @Post(':id/rotate')
  async rotate(
    @Param('id') id: string,
    @Body() dto: RotateApiKeyDto,
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<CreatedApiKey> {
    await this.bounds.demandLogin(user);
    await this.find(id, user);
    const rotation = { ...dto, ...who, grantable: this.grantable(user) };
    return found(await this.apiKeys.rotate(id, rotation).catch(asBadRequest));
  }

  /** Refuses a key until it is enabled again. */
  @Post(':id/disable')
  @HttpCode(204)
  async disable(
    @Param('id') id: string,
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<void> {
    await this.find(id, user);
    found(await this.apiKeys.disable(id, who));
  }

  /** Lets a disabled key work again. */
  @Post(':id/enable')
  @HttpCode(204)
  async enable(
    @Param('id') id: string,
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<void> {
    await this.find(id, user);
    found(await this.apiKeys.enable(id, who));
  }

  /** Revokes a key, for ever. */
  @Delete(':id')
  @HttpCode(204)
  async revoke(
    @Param('id') id: string,
    @Query() { reason }: RevokeApiKeyDto,
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<void> {
    await this.find(id, user);
    found(await this.apiKeys.revoke(id, { ...who, ...(reason !== undefined && { reason }) }));
  }

  /** Revokes every key of an application, for ever; for an admin of a tenant those of the tenant. */
  @Delete()
  async revokeAll(
    @Query() { appId, reason }: RevokeApiKeysDto,
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<{ revoked: number }> {
    const tenant = this.bounds.tenantOf(user);
    const holder = tenant === undefined ? { appId } : { appId, tenant };
    const revocation = { ...who, ...(reason !== undefined && { reason }) };
    return { revoked: await this.apiKeys.revokeAllOf(holder, revocation) };
  }
}
