import 'reflect-metadata';
import { Controller, Get, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { PortcullisModule, Public } from '@portcullis/auth';
import { rootModule } from '../subjects/routes.js';
import type { Adapter } from '../subjects/subject.js';

@Public()
@Controller('items')
class ItemsController {
  @Get(':id')
  item(@Param('id') id: string) {
    return { id };
  }
}

process.once(
  'message',
  async ({ adapter, global }: { readonly adapter: Adapter; readonly global: boolean }) => {
    const portcullis = PortcullisModule.forRoot({
      trustedProxies: ['127.0.0.1'],
      events: { log: false },
      bans: { global },
    });
    const module = rootModule({ imports: [portcullis], controllers: [ItemsController] });
    const platform = adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter();
    const app = await NestFactory.create(module, platform, { logger: false });
    await app.listen(0, '127.0.0.1');
    process.send?.(await app.getUrl());
  },
);
process.on('disconnect', () => process.exit());
