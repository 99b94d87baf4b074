import { type DynamicModule, Module, ValidationPipe } from '@nestjs/common';
import { APP_GUARD, APP_PIPE } from '@nestjs/core';
import {
  InputLimitsGuard,
  PortcullisAdminModule,
  PortcullisConsentsModule,
  PortcullisLeakReportsModule,
  PortcullisMfaModule,
  PortcullisModule,
  PortcullisPersonalTokensModule,
  PortcullisSessionsModule,
} from '@portcullis/auth';
import { PortcullisPasskeysModule } from '@portcullis/passkeys';
import { AccountsModule } from './auth/accounts.module.js';
import { AccountsService } from './auth/accounts.service.js';
import { ARGON2ID } from './auth/argon2id.js';
import { isLoopback, type SampleConfig } from './config.js';
import { DecoysController } from './decoys/decoys.controller.js';
import { withBearerLock } from './docs.js';
import { HealthModule } from './health/health.module.js';
import { oauthServer } from './oauth/oauth-server.js';
import { scopesOfOthers, UPSTREAM_TITLE, upstreamLogins } from './oauth/upstream.js';
import { PagesController, UPSTREAM_NAME } from './pages/pages.controller.js';
import { ParcelsModule } from './parcels/parcels.module.js';
import { ReportsModule } from './reports/reports.module.js';
import { storageOf } from './storage/storage.js';
import { UsersModule } from './users/users.module.js';
import { UsersService } from './users/users.service.js';

/** What depots and partners may be allowed. */
const GRANTABLE_SCOPES = ['scans:*', 'handovers:*', 'reports:*'];

@Module({})
export class AppModule {
  static forRoot(config: SampleConfig): DynamicModule {
    const { host, issuer, audience, loginOrigin, publicOrigins, trustedProxies, upstream } = config;
    const trustedIssuers = config.trustedIssuers.map((each) => ({ ...each, scopesFrom: scopesOfOthers }));
    const sessions = PortcullisSessionsModule.register({
      users: AccountsService,
      imports: [AccountsModule],
      clientId: 'parcels-web',
    });
    return {
      module: AppModule,
      imports: [
        PortcullisModule.forRootAsync({
          imports: [UsersModule],
          inject: [UsersService],
          useFactory: (users: UsersService) => ({
            tokens: {
              audience,
              issuer: { url: issuer },
              trustedIssuers,
            },
            apiKeys: {
              prefix: 'parcel',
              personalTokens: {
                // We know our own users alone: those of other issuers get no personal tokens that work.
                scopesOf: async (user) => (user.issuer === issuer ? users.scopesOf(user.subject) : undefined),
              },
            },
            passwords: { hasher: ARGON2ID },
            trustedProxies,
            publicOrigins,
            storage: storageOf(config),
            // Where nobody else can connect, every client has a private address, and the demonstration bans one.
            bans: { privateAddresses: isLoopback(host) },
          }),
        }),
        withBearerLock(
          PortcullisAdminModule.register({
            grantable: () => GRANTABLE_SCOPES,
            // Whoever has copied an admin's token reads with it, and ends nothing.
            dangerous: { acr: 'mfa', maxAgeSeconds: 300 },
          }),
        ),
        withBearerLock(PortcullisPersonalTokensModule.register()),
        PortcullisLeakReportsModule.register(),
        withBearerLock(sessions),
        withBearerLock(PortcullisMfaModule.register({ sessions })),
        withBearerLock(
          PortcullisPasskeysModule.register({
            sessions,
            rpId: new URL(loginOrigin).hostname,
            rpName: 'Parcel delivery',
            origins: [loginOrigin],
          }),
        ),
        oauthServer(config, sessions),
        withBearerLock(PortcullisConsentsModule.register()),
        ...upstreamLogins(config, sessions),
        HealthModule,
        ParcelsModule,
        ReportsModule,
      ],
      controllers: [DecoysController, PagesController],
      providers: [
        { provide: UPSTREAM_NAME, useValue: upstream && UPSTREAM_TITLE },
        // What the pipe walks is bounded first.
        { provide: APP_GUARD, useValue: new InputLimitsGuard() },
        {
          provide: APP_PIPE,
          useValue: new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
        },
      ],
    };
  }
}
