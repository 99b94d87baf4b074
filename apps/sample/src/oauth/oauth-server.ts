import type { DynamicModule } from '@nestjs/common';
import { PortcullisOAuthServerModule } from '@portcullis/oauth/server';
import type { SampleConfig } from '../config.js';
import { LANGUAGES } from '../pages/language.js';
import { ENGLISH, type Texts } from '../pages/texts/en.js';
import { clientsOf } from './clients.js';

/** This app as an authorization server, with its own pages for logins and consents. */
export function oauthServer(config: SampleConfig, sessions: DynamicModule): DynamicModule {
  const { scopes } = ENGLISH;
  return PortcullisOAuthServerModule.register({
    sessions,
    clients: clientsOf(config),
    login: '/login',
    consent: '/consent',
    scopes,
    texts: Object.fromEntries(LANGUAGES.map(serverTextsOf)),
    ...(config.partner && { resources: { [config.partner.audience]: { scopes } } }),
  });
}

function serverTextsOf({ language, server, scopes, serverScopes }: Texts) {
  return [language, { ...server, scopes: { ...scopes, ...serverScopes } }];
}
