import { type DynamicModule, Module, ValidationPipe } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { PortcullisAdminModule, PortcullisModule } from '@portcullis/auth';
import { AuthModule } from './auth/auth.module.js';
import type { SampleConfig } from './config.js';
import { DecoysController } from './decoys/decoys.controller.js';
import { withBearerLock } from './docs.js';
import { HealthController } from './health/health.controller.js';
import { ParcelsModule } from './parcels/parcels.module.js';
import { ReportsModule } from './reports/reports.module.js';

@Module({})
export class AppModule {
  static forRoot({ issuer, trustedIssuers, trustedProxies }: SampleConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PortcullisModule.forRoot({
          tokens: { audience: 'https://parcels.example', issuer: { url: issuer }, trustedIssuers },
          apiKeys: { prefix: 'parcel' },
          trustedProxies,
        }),
        withBearerLock(PortcullisAdminModule.register()),
        AuthModule,
        ParcelsModule,
        ReportsModule,
      ],
      controllers: [HealthController, DecoysController],
      providers: [
        {
          provide: APP_PIPE,
          useValue: new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
        },
      ],
    };
  }
}
