import {
  BadRequestException,
  Body,
  Delete,
  Get,
  Header,
  HttpCode,
  Inject,
  Patch,
  Post,
  Query,
} from '@nestjs/common';
import type { Actor } from '../events/security-event.js';
import type { UserIdentity } from '../identity/identity.js';
import {
  ChangeOAuthClientDto,
  CreateOAuthClientDto,
  OAuthPageDto,
  RotateOAuthClientDto,
} from '../oauth/oauth-client.dto.js';
import type { CreatedOAuthClient } from '../oauth/oauth-client-creating.js';
import type { OAuthClient } from '../oauth/oauth-client-view.js';
import { type OAuthClientPage, OAuthClients } from '../oauth/oauth-clients.js';
import { CurrentActor, CurrentUser } from '../request/current-identity.decorator.js';
import { asBadRequest, found } from '../routes/answers.js';
import { OwnValidation } from '../routes/own-validation.js';
import { ADMIN_SETTINGS, type AdminSettings } from './admin-settings.js';
import { GRANTABLE, type Grantable } from './api-keys.admin.controller.js';
import { ClientId } from './client-id.decorator.js';
import { KeyAdminBounds } from './key-admin-bounds.js';

/** The clients of the app's authorization server. */
@OwnValidation()
export class ClientsAdminController {
  constructor(
    @Inject(ADMIN_SETTINGS) private readonly options: AdminSettings,
    private readonly clients: OAuthClients,
    private readonly bounds: KeyAdminBounds,
    @Inject(GRANTABLE) private readonly grantable: Grantable,
  ) {}

  /** The clients that were made, newest first; those that the code names are not among them. */
  @Get()
  async list(@Query() page: OAuthPageDto): Promise<OAuthClientPage> {
    return this.clients.list(page).catch(asBadRequest);
  }

  /** One client, also one that the code names. */
  @Get(':id')
  async find(@ClientId() id: string): Promise<OAuthClient> {
    return found(await this.clients.find(id));
  }

  /** Makes a client; the answer is the only place that shows its secret. */
  @Post()
  @Header('Cache-Control', 'no-store')
  async create(
    @Body() dto: CreateOAuthClientDto,
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<CreatedOAuthClient> {
    if (this.options.tokens?.issuer === undefined)
      throw new BadRequestException('This app issues no tokens of its own, and so has no clients');
    await this.bounds.demandLogin(user);
    return this.clients.create({ ...dto, ...who, grantable: this.grantable(user) }).catch(asBadRequest);
  }

  /** Changes what a client may do. */
  @Patch(':id')
  async change(
    @ClientId() id: string,
    @Body() dto: ChangeOAuthClientDto,
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<OAuthClient> {
    await this.bounds.demandLogin(user);
    const changes = { ...who, grantable: this.grantable(user) };
    return found(await this.clients.change(id, dto, changes).catch(asBadRequest));
  }

  /** Gives a client a new secret; the answer is the only place that shows it. */
  @Post(':id/rotate')
  @Header('Cache-Control', 'no-store')
  async rotate(
    @ClientId() id: string,
    @Body() { overlapSeconds }: RotateOAuthClientDto,
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<CreatedOAuthClient> {
    await this.bounds.demandLogin(user);
    const rotation = { overlapSeconds, ...who, grantable: this.grantable(user) };
    return found(await this.clients.rotate(id, rotation).catch(asBadRequest));
  }

  /** Refuses a client until it is enabled again, and ends what it was issued. */
  @Post(':id/disable')
  @HttpCode(204)
  async disable(@ClientId() id: string, @CurrentActor() who: Actor): Promise<void> {
    found(await this.clients.disable(id, who));
  }

  /** Lets a disabled client use the server again. */
  @Post(':id/enable')
  @HttpCode(204)
  async enable(@ClientId() id: string, @CurrentActor() who: Actor): Promise<void> {
    found(await this.clients.enable(id, who));
  }

  /** Deletes a client for good, and ends what it was issued. */
  @Delete(':id')
  @HttpCode(204)
  async delete(@ClientId() id: string, @CurrentActor() who: Actor): Promise<void> {
    found(await this.clients.delete(id, who));
  }
}
