import { Controller, Delete, type DynamicModule, Param, Post } from '@nestjs/common';
import { OAuthClients, Public } from '@portcullis/auth';
import { PortcullisOAuthServerModule } from '@portcullis/oauth/server';

/** The authorization server of the app. */
export function oauthServer(sessions: DynamicModule): DynamicModule {
  return PortcullisOAuthServerModule.register({
    sessions,
    login: '/sign-in',
    scopes: { 'soak:look': 'Look whether it is let in' },
  });
}

/** What operators do with its clients. */
@Public()
@Controller('oauth-clients')
export class OAuthClientsController {
  constructor(private readonly clients: OAuthClients) {}

  @Post()
  make() {
    return this.clients.create({ name: 'soak', kind: 'machine', scopes: ['soak:look'] });
  }

  @Post(':id/rotate')
  rotate(@Param('id') id: string) {
    return this.clients.rotate(id, { overlapSeconds: 0 });
  }

  @Post(':id/disable')
  async disable(@Param('id') id: string) {
    return { isDisabledNow: await this.clients.disable(id) };
  }

  @Delete(':id')
  async delete(@Param('id') id: string) {
    return { isDeletedNow: await this.clients.delete(id) };
  }
}
