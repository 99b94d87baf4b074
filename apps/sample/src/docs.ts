import type { DynamicModule, INestApplication } from '@nestjs/common';
import { ApiBearerAuth, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

/** Serves the Swagger UI at `/docs`. It is no Nest handler, so it is open to everyone. */
export function serveDocs(app: INestApplication): void {
  const outline = new DocumentBuilder()
    .setTitle('Parcel delivery')
    .setDescription('The sample application of Portcullis. Log in, then press Authorize.')
    .setVersion('1')
    .addBearerAuth()
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, 'api-key')
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, outline));
}

/** Shows the lock on controllers that come from a library, and so can't be decorated where they are written. */
export function withBearerLock(module: DynamicModule): DynamicModule {
  for (const controller of module.controllers ?? []) ApiBearerAuth()(controller);
  return module;
}
