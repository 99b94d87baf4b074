import type { DynamicModule } from '@nestjs/common';
import { PortcullisLoginModule } from '@portcullis/oauth/login';
import type { SampleConfig } from '../config.js';
import { ENGLISH } from '../pages/texts/en.js';

/** What people call the app whose accounts do here as well. */
export const UPSTREAM_TITLE = 'Parcel delivery';

/** Logins by another app, where one is configured: whoever has logged in there is let in here. */
export function upstreamLogins({ upstream }: SampleConfig, sessions: DynamicModule): DynamicModule[] {
  if (upstream === undefined) return [];
  const { issuer, clientId, secret } = upstream;
  return [
    PortcullisLoginModule.register({
      sessions,
      providers: {
        parcels: {
          issuer,
          clientId,
          clientSecret: secret,
          scopes: ['openid'],
          createUsers: true,
          allowHttpOnLoopback: true,
        },
      },
      pages: { failed: '/login' },
    }),
  ];
}

/** What tokens of others open here at most, whatever they say: nothing that is an admin's. */
export function scopesOfOthers({ scope }: Readonly<Record<string, unknown>>): readonly string[] {
  const scopes = typeof scope === 'string' ? scope.split(' ') : [];
  return scopes.filter((name) => Object.hasOwn(ENGLISH.scopes, name));
}
