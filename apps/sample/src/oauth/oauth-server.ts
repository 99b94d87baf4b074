import type { DynamicModule } from '@nestjs/common';
import { PortcullisOAuthServerModule } from '@portcullis/oauth/server';
import type { SampleConfig } from '../config.js';
import { ENGLISH } from '../pages/texts/en.js';
import { clientsOf } from './clients.js';

/** This app as an authorization server, with its own pages for logins and consents. */
export function oauthServer(config: SampleConfig, sessions: DynamicModule): DynamicModule {
  const { scopes, server } = ENGLISH;
  return PortcullisOAuthServerModule.register({
    sessions,
    clients: clientsOf(config),
    login: '/login',
    consent: '/consent',
    scopes,
    texts: server,
    ...(config.partner && { resources: { [config.partner.audience]: { scopes } } }),
  });
}
